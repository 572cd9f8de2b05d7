import { Failure } from "@cmdop/base";
import type { InputAckFrame, InputFrame, InputRefusal } from "./stream-frames.ts";

// The inputs of one attachment on their way to the machine.
//
// Knows no transport and no timer: it says what to send next and what became of each input.
//
// I1  Numbers grow by one with each frame and are never given to other bytes.
// I2  A frame's `previous` is the frame before it that was neither dropped nor refused, so that the machine can
//     refuse what would come out of order.
// I3  Nothing is sent after an outage before the machine has said what it applied last (sync).
// I4  An input is settled exactly once: applied, or not applied and never sent again.
// I5  An input that was sent is reported as dropped only after the machine has said that it will not apply it any
//     more: it may still be on its way over an older connection.

export interface Input {
  readonly bytes: Uint8Array;
  readonly paste: boolean;
  readonly eof: boolean;
  /** The lease epoch it was typed in. */
  readonly epoch: number;
  /** Monotonic. */
  readonly atMs: number;
  readonly maxAgeMs: number;
  /** Undefined: the machine has applied all of it. */
  readonly settle: (failure: Failure | undefined) => void;
}

export interface InputLimits {
  /** Data of one frame; a paste is one frame whatever its size. */
  readonly frameBytesMax: number;
  /** Sent and not yet acknowledged. */
  readonly inFlightBytesMax: number;
  readonly pendingBytesMax: number;
  readonly pendingInputsMax: number;
}

interface Pending {
  readonly input: Input;
  epoch: number;
  /** Bytes that have their frames; -1 stands for "not even an empty one". */
  cut: number;
  applied: number;
  isSettled: boolean;
}

interface Numbered {
  readonly number: number;
  readonly pending: Pending;
  readonly data: Uint8Array;
  readonly isLast: boolean;
}

/** `closed`: no route. `syncing`: waits for the machine's last number. `holding`: the machine asked to wait. */
type Phase = "closed" | "syncing" | "holding" | "open";

export interface Dropped {
  readonly inputs: number;
  readonly bytes: number;
}

export interface AckOutcome {
  /** Ask the machine for its last number, and `startSync`; with `busy` after a pause. */
  readonly next: "nothing" | "sync" | "busy";
  readonly dropped: Dropped | undefined;
}

const refusals: Record<Exclude<InputRefusal, "outOfOrder" | "busy">, Failure["code"]> = {
  leaseHeld: "lease_held",
  staleEpoch: "input_stale",
  closed: "input_closed",
  observer: "permission_denied",
};

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** Where to cut a frame: not inside a UTF-8 character, nor between CR and LF, which the machine joins. */
const cutAt = (bytes: Uint8Array, start: number, max: number): number => {
  const end = start + max;
  if (end >= bytes.length) return bytes.length;
  let at = end;
  while (at > end - 4 && isContinuation(bytes[at])) at -= 1;
  if (isContinuation(bytes[at])) at = end;
  if (bytes[at] === 0x0a && bytes[at - 1] === 0x0d && at - 1 > start) at -= 1;
  return at;
};

export class InputQueue {
  readonly #limits: InputLimits;
  /** In the order of writing; the first may be cut in part. */
  #waiting: Pending[] = [];
  /** Numbered and not acknowledged; the first `#sent` are on the way. */
  #unacked: Numbered[] = [];
  #sent = 0;
  #sentBytes = 0;
  #phase: Phase = "closed";
  #dropsOld = false;
  /** What the machine was told to give up with the sync under way; 0: nothing. */
  #abandoned = 0;
  #lastNumber = 0;
  #lastApplied = 0;
  #pendingBytes = 0;
  #pendingInputs = 0;

  constructor(limits: InputLimits) {
    this.#limits = limits;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get inFlight(): number {
    return this.#sent;
  }

  get lastApplied(): number {
    return this.#lastApplied;
  }

  hasRoomFor(bytes: number): boolean {
    return (
      this.#pendingBytes + bytes <= this.#limits.pendingBytesMax &&
      this.#pendingInputs < this.#limits.pendingInputsMax
    );
  }

  /** Returns the way to withdraw what of it was not sent; true when nothing of it was. */
  push(input: Input): () => boolean {
    const pending: Pending = { input, epoch: input.epoch, cut: -1, applied: 0, isSettled: false };
    this.#waiting.push(pending);
    this.#pendingBytes += input.bytes.length;
    this.#pendingInputs += 1;
    return () => {
      const isUntouched = pending.cut < 0;
      this.#waiting = this.#waiting.filter((other) => other !== pending);
      this.#forget(pending);
      return isUntouched;
    };
  }

  /** The next frame to send; undefined when there is none to send now. */
  next(stream: Uint8Array): InputFrame | undefined {
    if (this.#phase !== "open") return undefined;
    if (this.#sent === this.#unacked.length) {
      if (this.#sentBytes >= this.#limits.inFlightBytesMax) return undefined;
      const cut = this.#cut();
      if (!cut) return undefined;
      this.#unacked.push(cut);
    }
    const entry = this.#unacked[this.#sent];
    if (!entry) return undefined;
    const previous = this.#sent === 0 ? this.#lastApplied : (this.#unacked[this.#sent - 1]?.number ?? 0);
    this.#sent += 1;
    this.#sentBytes += entry.data.length;
    const { input, epoch } = entry.pending;
    return {
      kind: "input",
      stream,
      number: entry.number,
      previous,
      epoch,
      data: entry.data,
      paste: input.paste,
      eof: input.eof && entry.isLast,
    };
  }

  /** The route is gone: what is on the way may or may not arrive. */
  suspend(): void {
    this.#phase = "closed";
  }

  /**
   * The route is there (`outage`: again, so that old input is dropped), or order was lost. True: ask the machine
   * for its last number; false: nothing was ever sent, input flows at once.
   */
  startSync(options: { readonly outage: boolean; readonly nowMs: number }): {
    readonly mustAsk: boolean;
    /** The machine must not apply inputs up to this number any more; 0: none is given up. */
    readonly abandoned: number;
    readonly dropped: Dropped | undefined;
  } {
    if (options.outage) this.#dropsOld = true;
    if (this.#lastNumber > 0) {
      this.#phase = "syncing";
      this.#abandoned = this.#hasOld(options.nowMs) ? this.#lastNumber : 0;
      return { mustAsk: true, abandoned: this.#abandoned, dropped: undefined };
    }
    return { mustAsk: false, abandoned: 0, dropped: this.#reopen(options.nowMs) };
  }

  /** The machine or the relay answered. `isHolder`: this attachment holds the lease now. */
  acked(ack: InputAckFrame, now: { readonly nowMs: number; readonly isHolder: boolean }): AckOutcome {
    this.#apply(Math.min(ack.number, this.#lastNumber));
    if (ack.refusal === undefined) {
      // An answer to something earlier says nothing about what was given up since.
      if (this.#phase !== "syncing" || ack.abandoned < this.#abandoned) {
        return { next: "nothing", dropped: undefined };
      }
      if (this.#abandoned === 0 && this.#unacked.length > 0 && this.#hasOld(now.nowMs)) {
        return { next: "sync", dropped: undefined };
      }
      this.#lastApplied = Math.max(ack.number, ack.abandoned);
      return { next: "nothing", dropped: this.#reopen(now.nowMs) };
    }
    return { next: this.#refused(ack.refusal, ack, now.isHolder), dropped: undefined };
  }

  /** Nothing of what waits will ever be applied. */
  rejectAll(failure: Failure): Dropped {
    return this.#drop(() => true, failure);
  }

  #refused(refusal: InputRefusal, ack: InputAckFrame, isHolder: boolean): AckOutcome["next"] {
    if (refusal === "observer" || refusal === "closed") {
      this.rejectAll(new Failure(refusals[refusal]));
      // The answer to a sync: no other will come.
      if (this.#phase === "syncing") this.#phase = "open";
      return "nothing";
    }
    if (refusal === "busy") {
      if (this.#phase !== "open") return "nothing";
      this.#phase = "holding";
      return "busy";
    }
    if (refusal !== "outOfOrder") {
      const entry = this.#unacked.find((candidate) => candidate.number === ack.refused);
      // Our own input took the lease (a person's overrides an AI's): what we typed behind it is as good.
      if (entry && refusal === "staleEpoch" && isHolder && entry.pending.epoch !== ack.epoch) {
        for (const waiting of [...this.#unacked.map((other) => other.pending), ...this.#waiting]) {
          waiting.epoch = ack.epoch;
        }
      } else if (entry) this.#drop((pending) => pending === entry.pending, new Failure(refusals[refusal]));
    }
    if (this.#phase !== "open") return "nothing";
    if (this.#sent === 0) return "nothing";
    return "sync";
  }

  #apply(number: number): void {
    let count = 0;
    while (count < this.#unacked.length && (this.#unacked[count]?.number ?? Infinity) <= number) count += 1;
    if (number > this.#lastApplied) this.#lastApplied = number;
    if (count === 0) return;
    const applied = this.#unacked.splice(0, count);
    for (const [index, entry] of applied.entries()) {
      if (index < this.#sent) this.#sentBytes -= entry.data.length;
      entry.pending.applied += entry.data.length;
      if (!entry.pending.isSettled) this.#pendingBytes -= entry.data.length;
      if (entry.isLast) this.#settle(entry.pending, undefined);
    }
    this.#sent = Math.max(0, this.#sent - count);
  }

  /** Input flows again: everything that the machine has not applied is sent again, unless it became too old. */
  #reopen(nowMs: number): Dropped | undefined {
    this.#phase = "open";
    this.#sent = 0;
    this.#sentBytes = 0;
    const dropsOld = this.#dropsOld;
    const hasOld = dropsOld && (this.#abandoned > 0 || this.#isAnyOld(nowMs));
    this.#dropsOld = false;
    // Whole: the end of a line whose beginning is gone is worse than nothing.
    const dropped = hasOld
      ? this.#drop(({ input }) => Number.isFinite(input.maxAgeMs), new Failure("input_dropped"))
      : undefined;
    if (this.#abandoned > 0) {
      this.#unacked = this.#unacked.map((entry) => ({ ...entry, number: ++this.#lastNumber }));
      this.#abandoned = 0;
    }
    return dropped;
  }

  #hasOld(nowMs: number): boolean {
    return this.#dropsOld && this.#isAnyOld(nowMs);
  }

  #isAnyOld(nowMs: number): boolean {
    const isOld = ({ input }: Pending): boolean => nowMs - input.atMs > input.maxAgeMs;
    return this.#unacked.some((entry) => isOld(entry.pending)) || this.#waiting.some(isOld);
  }

  #drop(isDropped: (pending: Pending) => boolean, failure: Failure): Dropped {
    const gone = new Set(
      [...this.#unacked.map((entry) => entry.pending), ...this.#waiting].filter(isDropped),
    );
    if (gone.size === 0) return { inputs: 0, bytes: 0 };
    const sent = this.#unacked.slice(0, this.#sent).filter((entry) => !gone.has(entry.pending));
    this.#unacked = this.#unacked.filter((entry) => !gone.has(entry.pending));
    this.#waiting = this.#waiting.filter((pending) => !gone.has(pending));
    this.#sent = sent.length;
    this.#sentBytes = sent.reduce((sum, entry) => sum + entry.data.length, 0);
    let bytes = 0;
    for (const pending of gone) {
      bytes += pending.input.bytes.length - pending.applied;
      this.#settle(pending, failure);
    }
    return { inputs: gone.size, bytes };
  }

  #cut(): Numbered | undefined {
    const pending = this.#waiting[0];
    if (!pending) return undefined;
    const { bytes } = pending.input;
    const start = Math.max(0, pending.cut);
    const end = pending.input.paste ? bytes.length : cutAt(bytes, start, this.#limits.frameBytesMax);
    pending.cut = end;
    const isLast = end === bytes.length;
    if (isLast) this.#waiting.shift();
    this.#lastNumber += 1;
    return { number: this.#lastNumber, pending, data: bytes.subarray(start, end), isLast };
  }

  #settle(pending: Pending, failure: Failure | undefined): void {
    if (pending.isSettled) return;
    this.#forget(pending);
    const { applied, input } = pending;
    const isPartial = failure && applied > 0 && applied < input.bytes.length;
    pending.input.settle(
      isPartial
        ? new Failure(failure.code, `${failure.message} The first ${applied} bytes were applied.`)
        : failure,
    );
  }

  #forget(pending: Pending): void {
    if (pending.isSettled) return;
    pending.isSettled = true;
    this.#pendingBytes -= pending.input.bytes.length - pending.applied;
    this.#pendingInputs -= 1;
  }
}
