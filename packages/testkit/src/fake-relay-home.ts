import { randomBytes } from "node:crypto";
import { decodeFrame, type Exit, encodeFrame, type Frame, type FrameBody, type Hello } from "@cmdop/protocol";
import type { CallStatus, ServerCall } from "@cmdop/protocol/grpc";
import { waitFor } from "./wait-for.ts";

const ackEveryBytes = 64 * 1024;

/** One Home call as the relay sees it: takes everything, acknowledges as a relay does, checks that offsets join. */
export class FakeRelayHome {
  readonly sessionId: string;
  readonly token: string;
  hello: Hello | undefined;
  exit: Exit | undefined;
  /** Every frame but Output, in order. */
  readonly frames: Frame["body"][] = [];
  /** Where output does not continue at the offset where the last ended; a gap is declared by its frame. */
  readonly breaks: string[] = [];
  status: CallStatus | undefined;
  /** Output is taken but not acknowledged. */
  isStingy = false;
  readonly #call: ServerCall;
  readonly #chunks: Buffer[] = [];
  readonly #stream = randomBytes(16);
  #bytes = 0;
  #next = 0;
  #acked = 0;
  #inputs = 0;

  constructor(sessionId: string, token: string, call: ServerCall) {
    this.sessionId = sessionId;
    this.token = token;
    this.#call = call;
    call.handle({
      message: (message) => this.#take(decodeFrame(message).body),
      end: () => call.finish(),
      close: (status) => {
        this.status = status;
      },
    });
  }

  get isOver(): boolean {
    return this.status !== undefined;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The offset after the last byte that came. */
  get offset(): number {
    return this.#next;
  }

  /** All output since Hello. */
  output(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  text(): string {
    return this.output().toString("utf8");
  }

  async untilText(text: string, timeoutMs = 10_000): Promise<void> {
    await waitFor(() => this.text().includes(text), {
      timeoutMs,
      what: `output with ${JSON.stringify(text)}`,
    });
  }

  async untilOver(timeoutMs = 10_000): Promise<CallStatus> {
    return waitFor(() => this.status, { timeoutMs, what: "the end of the home" });
  }

  send(body: FrameBody): void {
    if (!this.isOver) this.#call.sendFramed(encodeFrame(body));
  }

  /** Types, as one operator. */
  type(text: string): void {
    const previous = this.#inputs;
    this.#inputs += 1;
    this.send({
      case: "input",
      value: {
        operator: "tester",
        stream: this.#stream,
        number: BigInt(this.#inputs),
        previous: BigInt(previous),
        epoch: this.hello?.lease?.epoch ?? 0n,
        data: Buffer.from(text),
        actor: 1,
      },
    });
  }

  /** Ends the stream: with OK, or with what failed. */
  end(cause?: unknown): void {
    if (cause === undefined) this.#call.finish();
    else this.#call.fail(cause);
  }

  #take(body: Frame["body"]): void {
    if (body.case === "output") {
      this.#output(Number(body.value.offset), Buffer.from(body.value.data));
      return;
    }
    this.frames.push(body);
    if (body.case === "hello") {
      this.hello = body.value;
      this.exit = body.value.exit;
      this.#next = Number(body.value.offset);
      this.#acked = this.#next;
    } else if (body.case === "exit") {
      this.exit = body.value;
    } else if (body.case === "gap") {
      this.#next = Number(body.value.to);
    }
  }

  #output(offset: number, data: Buffer): void {
    if (offset !== this.#next) this.breaks.push(`expected ${this.#next}, got ${offset}`);
    this.#next = offset + data.length;
    this.#bytes += data.length;
    this.#chunks.push(data);
    if (this.isStingy || this.#next - this.#acked < ackEveryBytes) return;
    this.#acked = this.#next;
    this.send({ case: "ack", value: { offset: BigInt(this.#acked) } });
  }
}
