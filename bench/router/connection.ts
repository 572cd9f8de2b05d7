// One keep-alive connection of the load generator: a request as prepared bytes, the answer cut out of what comes. A
// client that parses more would be what is measured.
import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  /** From the request's last byte written to the first content; undefined: there was none. */
  readonly firstContentMs: number | undefined;
  readonly totalMs: number;
  /** Pieces of content in it. */
  readonly ticks: number;
  /** A plain answer that is whole, or a stream with its [DONE]. */
  readonly isComplete: boolean;
}

const headEnd = Buffer.from("\r\n\r\n");
const lastChunk = "\r\n0\r\n\r\n";
const tick = Buffer.from("tick ");

export class Connection {
  readonly #socket: Socket;
  #exchange: Exchange | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      if (!this.#exchange?.take(chunk)) return;
      const { settle } = this.#exchange;
      this.#exchange = undefined;
      settle();
    });
    const end = (): void => this.#exchange?.settle();
    socket.on("close", end);
    socket.on("error", end);
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket));
      });
      socket.once("error", reject);
    });
  }

  request(bytes: Buffer): Promise<Answer> {
    return new Promise((resolve) => {
      const exchange = new Exchange(resolve);
      this.#exchange = exchange;
      if (this.#socket.destroyed) return exchange.settle();
      this.#socket.write(bytes);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

class Exchange {
  readonly #startMs = performance.now();
  readonly #resolve: (answer: Answer) => void;
  readonly #parts: Buffer[] = [];
  #bytes = 0;
  #firstContentMs: number | undefined;
  /** Where the body ends; undefined: with its last chunk. */
  #end: number | undefined;
  #hasHead = false;
  #tail = "";

  constructor(resolve: (answer: Answer) => void) {
    this.#resolve = resolve;
  }

  /** True: the answer is over. */
  take(chunk: Buffer): boolean {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    if (this.#firstContentMs === undefined && chunk.includes(tick))
      this.#firstContentMs = performance.now() - this.#startMs;
    if (!this.#hasHead) this.#readHead();
    if (!this.#hasHead) return false;
    if (this.#end !== undefined) return this.#bytes >= this.#end;
    this.#tail = (this.#tail + chunk.toString("latin1", Math.max(0, chunk.length - 8))).slice(-8);
    return this.#tail.endsWith(lastChunk);
  }

  readonly settle = (): void => {
    const totalMs = performance.now() - this.#startMs;
    const bytes = Buffer.concat(this.#parts);
    const text = bytes.toString("latin1");
    this.#resolve({
      status: Number(text.slice(9, 12)),
      firstContentMs: this.#firstContentMs,
      totalMs,
      ticks: text.split("tick ").length - 1,
      isComplete:
        this.#end === undefined
          ? this.#tail.endsWith(lastChunk) && text.includes("data: [DONE]")
          : this.#bytes === this.#end,
    });
  };

  #readHead(): void {
    const head = this.#parts.length === 1 ? (this.#parts[0] ?? headEnd) : Buffer.concat(this.#parts);
    const at = head.indexOf(headEnd);
    if (at === -1) return;
    this.#hasHead = true;
    const length = /\r\ncontent-length: *(\d+)/i.exec(head.toString("latin1", 0, at));
    if (length) this.#end = at + headEnd.length + Number(length[1]);
  }
}
