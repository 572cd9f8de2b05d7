import { Failure } from "@cmdop/base";
import type { InputAckFrame, InputFrame } from "../src/stream-frames.ts";

/** What every byte of the model's output is: a function of its offset, so that a wrong one is seen. */
export const truthAt = (offset: number): number =>
  (offset * 31 + (offset >>> 8) * 7 + (offset >>> 16)) & 0xff;

export const truth = (from: number, to: number): Uint8Array => {
  const bytes = new Uint8Array(to - from);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = truthAt(from + at);
  return bytes;
};

/** The machine's side of inputs, as the contract says it: exactly once and in order per stream. */
export class ModelHost {
  readonly applied: Uint8Array[] = [];
  /** Refuses the next inputs so. */
  refuseNext: "leaseHeld" | "busy" | undefined;
  #last = 0;
  #isKnown = false;
  isClosed = false;

  input(frame: InputFrame): InputAckFrame {
    const ack = (refusal: InputAckFrame["refusal"]): InputAckFrame => ({
      kind: "inputAck",
      number: this.#last,
      refusal,
      refused: refusal ? frame.number : 0,
      epoch: 0,
    });
    if (this.isClosed) return ack("closed");
    if (this.#isKnown && frame.number <= this.#last) return ack(undefined);
    if (this.#isKnown && frame.previous !== this.#last) return ack("outOfOrder");
    if (!this.#isKnown && frame.previous !== 0) throw new Failure("internal", "the first input has a past");
    if (this.refuseNext) {
      const refusal = this.refuseNext;
      this.refuseNext = undefined;
      // A stream is known from its first applied input.
      return ack(refusal);
    }
    this.#isKnown = true;
    this.#last = frame.number;
    this.applied.push(frame.data.slice());
    return ack(undefined);
  }

  sync(): InputAckFrame {
    return { kind: "inputAck", number: this.#last, refusal: undefined, refused: 0, epoch: 0 };
  }
}
