// Cuts the bytes of a stream of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)
// at the blank lines, without decoding or copying them, so that events can be passed on as the bytes that came.
// Lines end with LF or CR LF; a bare CR, which the format also allows, ends none: no provider sends it.

import { Pieces } from "./pieces.ts";

const lf = 10;
const cr = 13;
const space = 32;
const colon = 58;

export class EventTooLarge extends Error {}

export class EventSplitter {
  readonly #bytesMax: number;
  /** The event that is not complete yet. */
  readonly #parts = new Pieces();
  /** Bytes of the line that is not complete yet, in all parts; its last byte. */
  #lineBytes = 0;
  #lineLast = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The events that `chunk` completes, each with its blank line. Throws EventTooLarge over the bound. */
  push(chunk: Uint8Array): Uint8Array[] {
    const events: Uint8Array[] = [];
    let start = 0;
    let lineStart = 0;
    for (let end = chunk.indexOf(lf); end !== -1; end = chunk.indexOf(lf, lineStart)) {
      const isBlank = this.#isBlank(chunk, lineStart, end);
      lineStart = end + 1;
      this.#lineBytes = 0;
      if (!isBlank) continue;
      events.push(this.#complete(chunk.subarray(start, lineStart)));
      start = lineStart;
    }
    if (start < chunk.length) {
      this.#keep(chunk.subarray(start));
      this.#lineBytes += chunk.length - lineStart;
      if (lineStart < chunk.length) this.#lineLast = chunk[chunk.length - 1] ?? 0;
    }
    return events;
  }

  /** Whether the line that ends at `end` is empty but for its CR; a part of it may stand in earlier chunks. */
  #isBlank(chunk: Uint8Array, lineStart: number, end: number): boolean {
    const here = end - lineStart;
    const length = this.#lineBytes + here;
    if (length === 0) return true;
    if (length > 1) return false;
    return (here === 1 ? chunk[lineStart] : this.#lineLast) === cr;
  }

  #keep(part: Uint8Array): void {
    if (this.#parts.bytes + part.length > this.#bytesMax)
      throw new EventTooLarge("an event is larger than the limit");
    this.#parts.add(part);
  }

  #complete(last: Uint8Array): Uint8Array {
    if (this.#parts.bytes === 0) return last;
    this.#parts.add(last);
    return this.#parts.take();
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The joined `data` lines of one event; undefined for an event without any (a comment, a heartbeat). Throws
 * TypeError for bytes that are not UTF-8.
 */
export const dataOf = (event: Uint8Array): string | undefined => {
  const text = decoder.decode(event);
  let data: string | undefined;
  let at = 0;
  while (at < text.length) {
    const lineFeed = text.indexOf("\n", at);
    const next = lineFeed === -1 ? text.length : lineFeed;
    const end = text.charCodeAt(next - 1) === cr ? next - 1 : next;
    if (text.startsWith("data", at) && (end === at + 4 || text.charCodeAt(at + 4) === colon)) {
      const line = text.slice(text.charCodeAt(at + 5) === space ? at + 6 : at + 5, end);
      data = data === undefined ? line : `${data}\n${line}`;
    }
    at = next + 1;
  }
  return data;
};
