import type { Socket } from "node:net";
import {
  Actor,
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameBody,
  limits,
  MessageAssembler,
} from "@cmdop/protocol";
import { waitFor } from "@cmdop/testkit";
import { openHome } from "../host-client.ts";

type Body<Case extends string> = Extract<Frame["body"], { case: Case }>["value"];

const earlierId = 1n << 40n;

/** The relay's end of a home: keeps what came, acknowledges output, types. */
export class HomePeer {
  readonly bodies: Frame["body"][] = [];
  /** What was printed since Hello, one character a byte. */
  live = "";
  /** What was printed before it. */
  #earlier = "";
  #earlierTo = 0n;
  /** Output and gaps must continue here. */
  next = 0;
  acknowledges = true;
  readonly #socket: Socket;
  readonly #stream: Uint8Array;
  #number = 0n;
  epoch = 0n;

  constructor(socket: Socket, stream = 1) {
    this.#socket = socket;
    this.#stream = new Uint8Array(16).fill(stream);
    const reader = new MessageAssembler({
      messageBytesMax: limits.messageBytesMax,
      message: (message) => this.#take(decodeFrame(message).body),
    });
    socket.on("data", (chunk: Buffer) => reader.push(chunk));
    socket.on("error", () => {});
    socket.resume();
  }

  /** Everything printed, one character a byte. */
  get text(): string {
    return this.#earlier + this.live;
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  get stream(): Uint8Array {
    return this.#stream;
  }

  all<Case extends string>(name: Case): Body<Case>[] {
    return this.bodies.flatMap((body) => (body.case === name ? [body.value as Body<Case>] : []));
  }

  /** The first frame of the kind that fits, waited for. */
  async see<Case extends string>(
    name: Case,
    fits: (value: Body<Case>) => boolean = () => true,
  ): Promise<Body<Case>> {
    // In an array: what it waits for may be anything.
    const [found] = await waitFor(
      () => {
        const values = this.all(name).filter(fits);
        return values.length > 0 ? values : undefined;
      },
      { what: `a frame "${name}"`, timeoutMs: 10_000 },
    );
    return found as Body<Case>;
  }

  async hello(): Promise<Body<"hello">> {
    const hello = await this.see("hello");
    return hello;
  }

  /** Waits until the text was printed. */
  printed(text: string, timeoutMs = 10_000): Promise<unknown> {
    return waitFor(() => this.text.includes(text), { what: `"${text}" to be printed`, timeoutMs });
  }

  send(body: FrameBody): void {
    this.#socket.write(encodeFrame(body));
  }

  raw(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Sends the next input; returns its number. */
  type(data: string | Uint8Array, more: Partial<Body<"input">> = {}): bigint {
    this.#number += 1n;
    this.send({
      case: "input",
      value: {
        operator: "ann",
        actor: Actor.HUMAN,
        stream: this.#stream,
        number: this.#number,
        previous: this.#number - 1n,
        epoch: this.epoch,
        data: typeof data === "string" ? Buffer.from(data) : data,
        ...more,
      },
    });
    return this.#number;
  }

  /** The answer to an input of this peer. */
  async answer(number: bigint): Promise<Body<"inputAck">> {
    return this.see(
      "inputAck",
      (ack) => ack.operator === "ann" && (ack.number >= number || ack.refused === number),
    );
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve();
      this.#socket.once("close", () => resolve());
      this.#socket.destroy();
    });
  }

  #take(body: Frame["body"]): void {
    if (body.case === "hello") {
      const { offset, exit } = body.value;
      this.next = Number(offset);
      // As a relay does: what was printed before comes from the log.
      this.#askEarlier(0n, offset);
      if (exit) this.bodies.push({ case: "exit", value: exit });
    }
    if (body.case === "logChunk" && body.value.requestId === earlierId) {
      const earlier = decodeFrame(body.value.frame).body;
      if (earlier.case === "output") this.#earlier += Buffer.from(earlier.value.data).toString("latin1");
      // One answer is bounded: the rest is asked for anew.
      if (body.value.done) this.#askEarlier(body.value.next, this.#earlierTo);
      return;
    }
    if (body.case === "lease") this.epoch = body.value.epoch;
    if (body.case === "gap") this.#advance(Number(body.value.from), Number(body.value.to));
    if (body.case === "output") {
      const { offset, data } = body.value;
      this.#advance(Number(offset), Number(offset) + data.length);
      this.live += Buffer.from(data).toString("latin1");
      if (this.acknowledges) this.send({ case: "ack", value: { offset: BigInt(this.next) } });
      return;
    }
    this.bodies.push(body);
  }

  #askEarlier(from: bigint, to: bigint): void {
    this.#earlierTo = to;
    if (from < to) this.send({ case: "logRequest", value: { requestId: earlierId, from, to } });
  }

  #advance(from: number, to: number): void {
    if (from !== this.next) throw new Error(`output continues at ${from} and not at ${this.next}`);
    this.next = to;
  }
}

export const openPeer = async (socketPath: string, sessionId: string, stream = 1): Promise<HomePeer> =>
  new HomePeer(await openHome(socketPath, sessionId), stream);
