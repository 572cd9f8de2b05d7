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
  #abandoned = 0;
  isClosed = false;

  input(frame: InputFrame): InputAckFrame {
    const ack = (refusal: InputAckFrame["refusal"]): InputAckFrame => ({
      kind: "inputAck",
      number: this.#last,
      refusal,
      refused: refusal ? frame.number : 0,
      epoch: 0,
      abandoned: this.#abandoned,
    });
    if (this.isClosed) return ack("closed");
    const settled = Math.max(this.#last, this.#abandoned);
    if (frame.number <= settled) return ack(undefined);
    if (frame.previous !== settled) return ack("outOfOrder");
    if (this.refuseNext) {
      const refusal = this.refuseNext;
      this.refuseNext = undefined;
      return ack(refusal);
    }
    this.#last = frame.number;
    this.applied.push(frame.data.slice());
    return ack(undefined);
  }

  sync(abandoned: number): InputAckFrame {
    this.#abandoned = Math.max(this.#abandoned, abandoned);
    return {
      kind: "inputAck",
      number: this.#last,
      refusal: undefined,
      refused: 0,
      epoch: 0,
      abandoned: this.#abandoned,
    };
  }
}
