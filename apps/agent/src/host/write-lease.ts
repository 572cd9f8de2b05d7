// Who may write. Pure: time comes in.
//
// I1 The epoch grows by one with every change of the holder, and never otherwise.
// I2 With a holder, nobody else's input is applied; a person's pre-empts an AI's hold, and nobody else's.

import { Actor } from "@cmdop/protocol";

export interface Writer {
  readonly operator: string;
  readonly stream: Uint8Array;
  readonly actor: Actor;
}

export type WriteVerdict = "write" | "preempt" | "held" | "stale";

export interface LeaseBounds {
  /** An AI's lease ends this long after its last input. */
  readonly aiLeaseMs: number;
  /** A lease ends this long after its holder was last attached. */
  readonly absentHolderMs: number;
}

interface Held {
  readonly by: Writer;
  /** From whom it was taken; who gets it back. */
  readonly from: Writer | undefined;
  usedAtMs: number;
  absentSinceMs: number | undefined;
}

export class WriteLease {
  readonly #bounds: LeaseBounds;
  #epoch = 0;
  #held: Held | undefined;
  #present: readonly Writer[] | undefined;

  constructor(bounds: LeaseBounds) {
    this.#bounds = bounds;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get holder(): Writer | undefined {
    return this.#held?.by;
  }

  judge(writer: Writer, epoch: number): WriteVerdict {
    const holder = this.#held?.by;
    if (holder && !isSame(holder, writer)) {
      // Whatever epoch it was typed in: a person's key press ends the AI's hold.
      return writer.actor === Actor.HUMAN && holder.actor === Actor.AI ? "preempt" : "held";
    }
    return epoch === this.#epoch ? "write" : "stale";
  }

  /** An input of the holder was applied. */
  used(nowMs: number): void {
    if (this.#held) this.#held.usedAtMs = nowMs;
  }

  /** False: refused, nothing changed. */
  take(writer: Writer, nowMs: number): boolean {
    const holder = this.#held?.by;
    if (holder && isSame(holder, writer)) return false;
    // An AI never takes from anybody: who holds it hands it back, or is gone, or was an AI that paused.
    if (holder && writer.actor === Actor.AI) return false;
    this.#change({ by: writer, from: holder, usedAtMs: nowMs, absentSinceMs: undefined });
    return true;
  }

  /** By the holder alone: back to whom it was taken from, while attached, else to everybody. */
  handBack(writer: Writer, nowMs: number): boolean {
    const held = this.#held;
    if (!held || !isSame(held.by, writer)) return false;
    const { from } = held;
    const isBack = from !== undefined && from.actor !== Actor.AI && this.#isPresent(from);
    this.#change(
      isBack ? { by: from, from: undefined, usedAtMs: nowMs, absentSinceMs: undefined } : undefined,
    );
    return true;
  }

  /** Who is attached now; undefined when that is not known in full. */
  presence(present: readonly Writer[] | undefined, nowMs: number): void {
    this.#present = present;
    const held = this.#held;
    if (!held) return;
    held.absentSinceMs = this.#isPresent(held.by) ? undefined : (held.absentSinceMs ?? nowMs);
  }

  /** True when the lease ended by time. */
  tick(nowMs: number): boolean {
    const held = this.#held;
    if (!held) return false;
    const { aiLeaseMs, absentHolderMs } = this.#bounds;
    const isUnused = held.by.actor === Actor.AI && nowMs - held.usedAtMs >= aiLeaseMs;
    const isGone = held.absentSinceMs !== undefined && nowMs - held.absentSinceMs >= absentHolderMs;
    if (!isUnused && !isGone) return false;
    this.#change(undefined);
    return true;
  }

  #isPresent(writer: Writer): boolean {
    return this.#present === undefined || this.#present.some((other) => isSame(other, writer));
  }

  #change(held: Held | undefined): void {
    this.#held = held;
    this.#epoch += 1;
  }
}

// One attachment holds the lease: a second terminal of the same operator takes it over like anybody else.
const isSame = (a: Writer, b: Writer): boolean =>
  a.operator === b.operator && Buffer.compare(a.stream, b.stream) === 0;
