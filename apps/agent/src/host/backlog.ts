// The newest frames of a session's output, shared by all its homes. Pure.
//
// I1 What is held, with what an entry costs beside its bytes, stays within the bound, but for the newest entry: a program
//    that prints a word at a time fills memory no further than one that floods.

import { ChunkArena } from "@cmdop/base";

export interface BacklogEntry {
  /** Where it stands in the output. */
  readonly offset: number;
  /** Bytes of output in it; 0 for what stands between (a resize, the exit). */
  readonly outputBytes: number;
  readonly framed: Uint8Array;
}

/** Objects and place of an entry, beside its bytes. */
const entryOverheadBytes = 256;

const heldBytes = (framed: Uint8Array): number => framed.length + entryOverheadBytes;

/**
 * Entries have numbers that count up and are never used again: a home holds the number of the entry that it sends
 * next, and has lost its place when that number is below `first`.
 */
export class Backlog {
  readonly #bytesMax: number;
  readonly #arena = new ChunkArena();
  #entries: (BacklogEntry | undefined)[] = [];
  /** Number of #entries[0]; entries below #first are cleared and wait for the array to be cut. */
  #base = 0;
  #first = 0;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get first(): number {
    return this.#first;
  }

  /** The number that the next entry will have. */
  get next(): number {
    return this.#base + this.#entries.length;
  }

  at(number: number): BacklogEntry | undefined {
    return this.#entries[number - this.#base];
  }

  push(entry: BacklogEntry): void {
    const framed = this.#arena.keep(entry.framed);
    this.#entries.push({ offset: entry.offset, outputBytes: entry.outputBytes, framed });
    this.#bytes += heldBytes(framed);
    // The newest is always kept.
    while (this.#bytes > this.#bytesMax && this.#first < this.next - 1) this.#drop();
  }

  /** Drops what every home has sent, but for the newest `bytesKept`: a snapshot may be that far behind. */
  release(below: number, bytesKept: number): void {
    while (this.#bytes > bytesKept && this.#first < Math.min(below, this.next - 1)) this.#drop();
  }

  /** The first entry that has output beyond `offset` or stands at or after it; `next` when none does. */
  find(offset: number): number {
    let low = this.#first;
    let high = this.next;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.at(middle);
      if (entry && entry.offset + entry.outputBytes <= offset && entry.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #drop(): void {
    const at = this.#first - this.#base;
    const entry = this.#entries[at];
    if (entry) this.#bytes -= heldBytes(entry.framed);
    this.#entries[at] = undefined;
    this.#first += 1;
    if (at >= 1_024 && at * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(at + 1);
      this.#base = this.#first;
    }
  }
}
