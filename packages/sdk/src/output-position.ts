import type { OutputChunk, OutputGap, OutputItem, Snapshot } from "./attachment-items.ts";

// How far the output of one attachment has come, across every stream that carried it.
//
// I1  What is accepted is contiguous: an item begins where the one before ended.
// I2  Bytes that came before are cut off a chunk that repeats them, and off a gap.
// I3  Bytes that are missing are a violation, unless a snapshot stands for them; then the gap is declared here.

/** Undefined in place of items: the sender skipped bytes without saying so. */
export type Accepted = readonly OutputItem[] | undefined;

const none: readonly OutputItem[] = [];

export class OutputPosition {
  readonly #snapshotsRewind: boolean;
  #next: number | undefined;

  /**
   * `from`: the first byte wanted; undefined: wherever the sender begins. `snapshotsRewind`: a snapshot replaces all
   * that was drawn (a terminal), so that output goes on from its offset even when that lies behind.
   */
  constructor(from: number | undefined, snapshotsRewind: boolean) {
    this.#next = from;
    this.#snapshotsRewind = snapshotsRewind;
  }

  /** The offset of the next byte; undefined before the first item when no offset was asked for. */
  get next(): number | undefined {
    return this.#next;
  }

  output(chunk: OutputChunk): Accepted {
    const next = this.#next ?? chunk.offset;
    if (chunk.offset > next) return undefined;
    const end = chunk.offset + chunk.bytes.length;
    if (end <= next) {
      this.#next = next;
      return none;
    }
    this.#next = end;
    if (chunk.offset === next) return [chunk];
    return [{ ...chunk, offset: next, bytes: chunk.bytes.subarray(next - chunk.offset) }];
  }

  gap(gap: OutputGap): Accepted {
    const next = this.#next ?? gap.from;
    if (gap.from > next) return undefined;
    if (gap.to <= next) {
      this.#next = next;
      return none;
    }
    this.#next = gap.to;
    return [gap.from === next ? gap : { ...gap, from: next }];
  }

  snapshot(snapshot: Snapshot): Accepted {
    const next = this.#next;
    if (next !== undefined && snapshot.offset < next && !this.#snapshotsRewind) return undefined;
    this.#next = snapshot.offset;
    if (next === undefined || snapshot.offset <= next) return [snapshot];
    return [{ kind: "gap", from: next, to: snapshot.offset, reason: "skipped" }, snapshot];
  }
}
