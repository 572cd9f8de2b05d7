import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/**
 * A TCP proxy that misbehaves on demand. It sees bytes alone (TLS passes through it), so that a fault hits at any
 * point of a record, a frame or an escape sequence.
 */
export class FaultProxy {
  readonly #server: Server;
  readonly #target: { host: string; port: number };
  readonly #pairs = new Set<Pair>();
  #closed: Promise<void> | undefined;
  #accepted = 0;
  #isStalled = false;
  #isRefusing = false;
  #delayMs = 0;
  /** Bytes towards the near side after which the connection that carries them is reset; undefined: never. */
  #resetAfterBytes: number | undefined;

  private constructor(server: Server, target: { host: string; port: number }) {
    this.#server = server;
    this.#target = target;
  }

  /** A proxy on a free port of 127.0.0.1 to "host:port". */
  static async open(target: string): Promise<FaultProxy> {
    const [host = "", port = ""] = target.split(":");
    const server = createServer({ noDelay: true });
    const proxy = new FaultProxy(server, { host, port: Number(port) });
    server.on("connection", (near) => proxy.#connect(near));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  /** "host:port" to dial instead of the target. */
  get address(): string {
    const address = this.#server.address();
    return `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  /** Those that are open. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Connections taken so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Half-open: connections stay, nothing is read or written any more, in either direction. */
  stall(): void {
    this.#isStalled = true;
    for (const { near, far } of this.#pairs) {
      near.pause();
      far.pause();
    }
  }

  /** What comes from the target arrives this much later, in order; 0: at once. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Forwards again, also on connections that were stalled. */
  resume(): void {
    this.#isStalled = false;
    this.#isRefusing = false;
    this.#resetAfterBytes = undefined;
    for (const { near, far } of this.#pairs) {
      near.resume();
      far.resume();
    }
  }

  /** Resets every connection (RST) now. New ones are taken. */
  reset(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Once: resets the connection on which this many more bytes have come to the near side, in the middle of whatever it is. */
  resetAfter(bytes: number): void {
    this.#resetAfterBytes = bytes;
  }

  /** Resets every connection and takes no new ones until `resume`. */
  refuse(): void {
    this.#isRefusing = true;
    this.reset();
  }

  /** As often as one likes. */
  close(): Promise<void> {
    this.refuse();
    this.#closed ??= once(this.#server.close(), "close").then(() => undefined);
    return this.#closed;
  }

  #connect(near: Socket): void {
    if (this.#isRefusing) {
      near.resetAndDestroy();
      return;
    }
    this.#accepted += 1;
    const far = connect({ ...this.#target, noDelay: true });
    const pair = { near, far };
    this.#pairs.add(pair);
    near.on("data", (chunk) => this.#forward(near, far, chunk));
    const arrived = (chunk: Buffer): void => {
      const left = this.#resetAfterBytes;
      if (left === undefined || chunk.length < left) {
        if (left !== undefined) this.#resetAfterBytes = left - chunk.length;
        this.#forward(far, near, chunk);
        return;
      }
      this.#resetAfterBytes = undefined;
      near.write(chunk.subarray(0, left), () => {
        near.resetAndDestroy();
        far.resetAndDestroy();
      });
    };
    far.on("data", (chunk) => {
      if (this.#delayMs === 0) arrived(chunk);
      else setTimeout(() => arrived(chunk), this.#delayMs);
    });
    const end = (): void => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      socket.on("error", end);
      socket.on("close", end);
    }
    if (this.#isStalled) this.stall();
  }

  #forward(from: Socket, to: Socket, chunk: Buffer): void {
    if (to.write(chunk)) return;
    from.pause();
    to.once("drain", () => {
      if (!this.#isStalled) from.resume();
    });
  }
}
