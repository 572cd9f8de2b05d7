// What operators send to the program, in the order in which it came.
//
// I1 An input is judged (sequence, then lease) and written in one step: nothing changes in between. A paste asks
//    the screen for its mode first; everything that comes meanwhile waits behind it.
// I2 Every input is answered, by an acknowledgement or a refusal that says why.

import type { Clock } from "@cmdop/base";
import {
  type FrameBody,
  type Input,
  type InputAckFields,
  InputRefusal,
  type InputSync,
  toRetained,
} from "@cmdop/protocol";
import type { InputNote } from "../output-log/records.ts";
import { InputSequencer, streamKey } from "./input-sequencer.ts";
import { hostLimits } from "./limits.ts";
import { cleanPaste } from "./paste.ts";
import type { WriteLease } from "./write-lease.ts";

/** The program's side, in this area's words. */
export interface InputTarget {
  isOpen(): boolean;
  unwrittenBytes(): number;
  write(data: Uint8Array): void;
  endInput(): void;
  isPasteBracketed(): Promise<boolean>;
}

export interface SessionInputOptions {
  readonly clock: Clock;
  readonly lease: WriteLease;
  readonly target: InputTarget;
  /** A refusal, at once. */
  refuse(body: FrameBody): void;
  /** What was applied so far, soon. */
  acknowledge(ack: InputAckFields): void;
  /** An input was applied. */
  applied(note: InputNote): void;
  leaseChanged(): void;
}

type Item =
  | { readonly kind: "input"; readonly input: Input }
  | { readonly kind: "sync"; readonly sync: InputSync };

const waitingMax = 4_096;

export class SessionInput {
  readonly #options: SessionInputOptions;
  readonly #sequencer = new InputSequencer(hostLimits.inputStreamsMax);
  readonly #waiting: Item[] = [];
  #waitingBytes = 0;
  #isPasting = false;

  constructor(options: SessionInputOptions) {
    this.#options = options;
  }

  input(input: Input): void {
    if (this.#isPasting) this.#wait({ kind: "input", input: { ...input, data: toRetained(input.data) } });
    else this.#apply(input);
  }

  sync(sync: InputSync): void {
    if (this.#isPasting && this.#waiting.length < waitingMax) this.#waiting.push({ kind: "sync", sync });
    else if (!this.#isPasting) this.#sync(sync);
  }

  #sync({ operator, stream, abandoned }: InputSync): void {
    if (abandoned > 0n) this.#sequencer.abandon(streamKey(operator, stream), Number(abandoned));
    this.#acknowledge(operator, stream);
  }

  #wait(item: Item & { kind: "input" }): void {
    const { length } = item.input.data;
    const unwrittenBytes = this.#options.target.unwrittenBytes();
    const isFull = this.#waitingBytes + unwrittenBytes + length > hostLimits.unwrittenInputBytesMax;
    if (isFull || this.#waiting.length >= waitingMax) {
      this.#refuse(item.input, InputRefusal.BUSY);
      return;
    }
    this.#waitingBytes += length;
    this.#waiting.push(item);
  }

  #apply(input: Input): void {
    if (!input.paste) {
      this.#write(input, () => toRetained(input.data));
      return;
    }
    this.#isPasting = true;
    const kept = { ...input, data: toRetained(input.data) };
    void this.#options.target.isPasteBracketed().then((isBracketed) => {
      this.#isPasting = false;
      this.#write(kept, () => cleanPaste(kept.data, isBracketed));
      this.#applyWaiting();
    });
  }

  #applyWaiting(): void {
    while (!this.#isPasting) {
      const item = this.#waiting.shift();
      if (!item) return;
      if (item.kind === "sync") this.#sync(item.sync);
      else {
        this.#waitingBytes -= item.input.data.length;
        this.#apply(item.input);
      }
    }
  }

  #write(input: Input, toBytes: () => Uint8Array): void {
    const { target, lease, clock } = this.#options;
    const { operator, stream, actor } = input;
    const key = streamKey(operator, stream);
    const number = Number(input.number);
    const verdict = this.#judge(input, key);
    if (verdict === "duplicate") {
      this.#acknowledge(operator, stream);
      return;
    }
    if (verdict !== "write" && verdict !== "preempt") {
      this.#refuse(input, verdict);
      return;
    }
    if (verdict === "preempt") {
      lease.take({ operator, stream: Uint8Array.from(stream), actor }, clock.nowMs());
      this.#options.leaseChanged();
    }
    const bytes = toBytes();
    target.write(bytes);
    if (input.eof) target.endInput();
    this.#sequencer.applied(key, number);
    lease.used(clock.nowMs());
    this.#options.applied({ operator, actor, number, bytes: bytes.length, isPaste: input.paste });
    this.#acknowledge(operator, stream);
  }

  #judge(input: Input, key: string): "write" | "preempt" | "duplicate" | InputRefusal {
    const { target, lease } = this.#options;
    const numbers = { number: Number(input.number), previous: Number(input.previous) };
    const { kind } = this.#sequencer.judge(key, numbers);
    if (kind === "duplicate") return kind;
    if (kind === "out_of_order") return InputRefusal.OUT_OF_ORDER;
    if (!target.isOpen()) return InputRefusal.CLOSED;
    const right = lease.judge(input, Number(input.epoch));
    if (right === "held") return InputRefusal.LEASE_HELD;
    if (right === "stale") return InputRefusal.STALE_EPOCH;
    if (target.unwrittenBytes() + input.data.length > hostLimits.unwrittenInputBytesMax) {
      return InputRefusal.BUSY;
    }
    return right;
  }

  #acknowledge(operator: string, stream: Uint8Array): void {
    const standing = this.#standing(operator, stream);
    const refusal = InputRefusal.UNSPECIFIED;
    this.#options.acknowledge({ operator, stream, ...standing, refusal, refused: 0 });
  }

  #refuse({ operator, stream, number: refused }: Input, refusal: InputRefusal): void {
    const { number, abandoned, epoch } = this.#standing(operator, stream);
    this.#options.refuse({
      case: "inputAck",
      value: {
        operator,
        stream,
        number: BigInt(number),
        refusal,
        refused,
        epoch: BigInt(epoch),
        abandoned: BigInt(abandoned),
      },
    });
  }

  /** What became of a stream's inputs so far. */
  #standing(operator: string, stream: Uint8Array) {
    const key = streamKey(operator, stream);
    return {
      number: this.#sequencer.last(key),
      abandoned: this.#sequencer.abandoned(key),
      epoch: this.#options.lease.epoch,
    };
  }
}
