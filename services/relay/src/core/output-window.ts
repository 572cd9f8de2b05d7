// The relay's window on one session's output: the newest framed chunks and resizes, in order, bounded in bytes.
// It does not know what is in a chunk, who reads it, or where older bytes are. What it is given it copies.
//
// I1 Chunks are contiguous: the first begins at `start`, each begins where the one before it ended, the last ends
//    at `end`. Resizes stand between them at their offset.
// I2 `bytes` (what is held, with an overhead per entry) never exceeds the bound after a call returns.
// I3 Offsets never go back: `start` and `end` only grow, except that the first `reset` sets both.
import { ByteRing } from "./byte-ring.ts";
import type { Geometry } from "./parties.ts";

export interface WindowEntry {
  readonly from: number;
  /** Equal to `from` for a resize. */
  readonly to: number;
  readonly framed: Uint8Array;
  /** The size from here on; undefined for output. */
  readonly geometry: Geometry | undefined;
}

/** An entry whose bytes [at, end) lie in the ring. */
interface Held {
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly end: number;
  readonly geometry: Geometry | undefined;
}

/** So much is copied out at once: small frames share a buffer. */
const copyBytes = 16 * 1024;
const noBytes = new Uint8Array(0);
const dropped: Held = { from: 0, to: 0, at: 0, end: 0, geometry: undefined };

export class OutputWindow {
  readonly #maxBytes: number;
  readonly #overheadBytes: number;
  readonly #ring = new ByteRing();
  #entries: Held[] = [];
  #first = 0;
  #bytes = 0;
  #start = 0;
  #end = 0;
  #isOpen = false;
  /** The size at `start`, and at `end`. */
  #startGeometry: Geometry | undefined;
  #endGeometry: Geometry | undefined;

  constructor(maxBytes: number, overheadBytes: number) {
    this.#maxBytes = maxBytes;
    this.#overheadBytes = overheadBytes;
  }

  /** False until the first reset: where the output stands is not known. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get geometry(): Geometry | undefined {
    return this.#endGeometry;
  }

  /** Drops everything and continues at `offset`; whatever lies between may have changed the size. */
  reset(offset: number, geometry: Geometry | undefined): void {
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#ring.clear();
    this.#start = offset;
    this.#end = offset;
    this.#isOpen = true;
    this.#startGeometry = geometry;
    this.#endGeometry = geometry;
  }

  /** `from` is `end`. */
  append(to: number, framed: Uint8Array): void {
    this.#push(to, framed, undefined);
    this.#end = to;
    this.#trim();
  }

  /** At `end`. */
  appendResize(geometry: Geometry, framed: Uint8Array): void {
    this.#push(this.#end, framed, geometry);
    this.#endGeometry = geometry;
    this.#trim();
  }

  /**
   * From the first entry that has output after `offset` on, resizes at `offset` itself left out (see geometryAt).
   * `start <= offset <= end`. Ends with the next append or reset.
   */
  *entriesAfter(offset: number): Generator<WindowEntry, void, undefined> {
    let copy: Uint8Array = noBytes;
    let copiedFrom = 0;
    for (let index = this.#seek(offset); index < this.#entries.length; index++) {
      const { from, to, at, end, geometry } = this.#entries[index] ?? dropped;
      if (end > copiedFrom + copy.length) {
        copy = this.#ring.read(at, Math.min(this.#ring.end, Math.max(end, at + copyBytes)));
        copiedFrom = at;
      }
      yield { from, to, framed: copy.subarray(at - copiedFrom, end - copiedFrom), geometry };
    }
  }

  /** The size in force at `offset`, resizes at it included; undefined when it was never said. */
  geometryAt(offset: number): Geometry | undefined {
    for (let index = this.#seek(offset) - 1; index >= this.#first; index--) {
      const geometry = this.#entries[index]?.geometry;
      if (geometry) return geometry;
    }
    return this.#startGeometry;
  }

  /** A screen at `offset` had this size: fills in what a reset forgot. */
  learnGeometry(offset: number, geometry: Geometry): void {
    if (offset < this.#start || offset > this.#end || this.geometryAt(offset)) return;
    this.#startGeometry = geometry;
    this.#endGeometry ??= geometry;
  }

  /** The index of the first entry that has output after `offset`. */
  #seek(offset: number): number {
    let low = this.#first;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.to ?? 0) > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #push(to: number, framed: Uint8Array, geometry: Geometry | undefined): void {
    const at = this.#ring.end;
    this.#ring.append(framed);
    this.#entries.push({ from: this.#end, to, at, end: this.#ring.end, geometry });
    this.#bytes += framed.length + this.#overheadBytes;
  }

  #trim(): void {
    while (this.#bytes > this.#maxBytes && this.#first < this.#entries.length) {
      const entry = this.#entries[this.#first];
      if (entry === undefined) break;
      this.#entries[this.#first] = dropped;
      this.#first += 1;
      this.#bytes -= entry.end - entry.at + this.#overheadBytes;
      this.#ring.dropBefore(entry.end);
      this.#start = entry.to;
      if (entry.geometry) this.#startGeometry = entry.geometry;
    }
    // Amortized: each compaction moves at most as many entries as were dropped since the last.
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
  }
}
