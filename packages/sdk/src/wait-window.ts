import type { OutputChunk } from "./attachment-items.ts";
import { type KeptRun, SequenceFilter } from "./terminal-text.ts";

// The text that a wait searches in: bounded, fed by chunks, and able to say at which byte a character ended.

interface Segment {
  /** Index in the whole searched text of its first character. */
  readonly textStart: number;
  /** The pieces of `decoded` that are searched. */
  readonly runs: readonly KeptRun[];
  readonly bytes: Uint8Array;
  /** Offset in the output of its first byte. */
  readonly offset: number;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const decode = (bytes: Uint8Array): string => decoder.decode(bytes);

/** How many bytes at the end begin a character that is not complete. */
const incompleteTail = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const size = byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return size > back && byte < 0xf8 ? back : 0;
  }
  return 0;
};

/** The fewest bytes whose text has `chars` characters. */
const bytesOfChars = (bytes: Uint8Array, chars: number): number => {
  let low = 0;
  let high = bytes.length;
  const lengthOf = (end: number): number => {
    const head = bytes.subarray(0, end);
    return decode(head.subarray(0, end - incompleteTail(head))).length;
  };
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lengthOf(middle) >= chars) high = middle;
    else low = middle + 1;
  }
  return low;
};

export class WaitWindow {
  readonly #charsMax: number;
  readonly #filter: SequenceFilter | undefined;
  #segments: Segment[] = [];
  #carry: Uint8Array = new Uint8Array(0);
  #text = "";
  /** Index in the whole text of the window's first character. */
  #start = 0;

  constructor(charsMax: number, isPlain: boolean) {
    this.#charsMax = charsMax;
    this.#filter = isPlain ? new SequenceFilter() : undefined;
  }

  get text(): string {
    return this.#text;
  }

  push(chunk: OutputChunk): void {
    const joined = this.#join(chunk.bytes);
    const offset = chunk.offset - this.#carry.length;
    const tail = incompleteTail(joined);
    const bytes = joined.subarray(0, joined.length - tail);
    this.#carry = joined.slice(joined.length - tail);
    if (bytes.length === 0) return;
    const decoded = decode(bytes);
    const runs = this.#filter ? this.#filter.runs(decoded) : [{ from: 0, to: decoded.length }];
    this.#segments.push({ textStart: this.#start + this.#text.length, runs, bytes, offset });
    this.#text += runs.map((run) => decoded.slice(run.from, run.to)).join("");
    this.#trim();
  }

  /** Nothing before may match together with what follows: bytes are missing between. */
  clear(): void {
    this.#start += this.#text.length;
    this.#text = "";
    this.#segments = [];
    this.#carry = new Uint8Array(0);
  }

  /** The offset in the output after the character at index `end - 1` of `text`. */
  offsetAfter(end: number): number | undefined {
    const index = this.#start + end;
    const segment = this.#segments.findLast((candidate) => candidate.textStart < index);
    if (!segment) return this.#segments[0]?.offset;
    let left = index - segment.textStart;
    for (const run of segment.runs) {
      const length = run.to - run.from;
      if (left <= length) return segment.offset + bytesOfChars(segment.bytes, run.from + left);
      left -= length;
    }
    return segment.offset + segment.bytes.length;
  }

  #join(bytes: Uint8Array): Uint8Array {
    if (this.#carry.length === 0) return bytes;
    const joined = new Uint8Array(this.#carry.length + bytes.length);
    joined.set(this.#carry);
    joined.set(bytes, this.#carry.length);
    return joined;
  }

  #trim(): void {
    // Twice the bound, so that the text is not copied for every chunk.
    if (this.#text.length <= 2 * this.#charsMax) return;
    const cut = this.#text.length - this.#charsMax;
    this.#text = this.#text.slice(cut);
    this.#start += cut;
    const first = this.#segments.findLastIndex((segment) => segment.textStart <= this.#start);
    this.#segments.splice(0, Math.max(0, first));
  }
}
