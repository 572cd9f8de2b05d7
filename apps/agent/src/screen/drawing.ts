// The bytes of a drawing in the making, and what the terminal that draws them has then: pen, column, and what a
// following character would join.

import { asciiAt, copyAscii } from "./cell-view.ts";
import type { Link, Links } from "./links.ts";
import { isSameLook, isSamePen, type Pen, penSequence, plainPen, toErasePen } from "./pen.ts";
import type { Core, CoreLine } from "./xterm-internals.ts";

export const esc = "\x1b";
export const csi = `${esc}[`;
export const terminator = `${esc}\\`;
export const closeLink = `${esc}]8;;${terminator}`;

const linkSequence = (link: Link | undefined): string =>
  link === undefined ? closeLink : `${esc}]8;${link.parameters};${link.uri}${terminator}`;

/** For all drawings, one after the other, up to a screen with some history; a larger one gets its own. */
const sharedBytes = Buffer.allocUnsafeSlow(64 * 1024);

export class Drawing {
  readonly #core: Core;
  readonly #links: Links;
  readonly #cols: number;
  readonly #isPlain: boolean;
  /** What is written is mostly ASCII, a few bytes at a time: put here at once, it needs no encoding later. */
  #bytes = sharedBytes;
  #length = 0;
  /** The width tables' state after the last printed character; 0 joins nothing. */
  #join = 0;
  /** What the drawing terminal has now. */
  pen: Pen = plainPen;
  /** The column of the cursor; the number of columns is a pending wrap, -1 is unknown. */
  x = 0;

  constructor({ core, links }: { readonly core: Core; readonly links: Links }, isPlain: boolean) {
    this.#core = core;
    this.#links = links;
    this.#cols = core._bufferService.cols;
    this.#isPlain = isPlain;
  }

  put(sequence: string): void {
    this.#append(sequence);
    this.#join = 0;
  }

  setPen(wanted: Pen): void {
    const pen = this.#isPlain ? plainPen : wanted;
    if (isSamePen(pen, this.pen)) return;
    if (pen.link !== this.pen.link) this.put(linkSequence(this.#links.get(pen.link)));
    if (!isSameLook(pen, this.pen)) this.put(penSequence(pen));
    this.pen = pen;
  }

  moveTo(x: number): void {
    if (x === this.x) return;
    this.put(`${csi}${x + 1}G`);
    this.x = x;
  }

  goto(x: number, y: number): void {
    this.put(`${csi}${y + 1};${x + 1}H`);
    this.x = x;
  }

  /** Prints one character of `width` at the cursor, never joined to what was printed before it. */
  print(text: string, width: number): void {
    const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
    if (this.#join !== 0 && (this.#stateAfter(first, this.#join) & 1) === 1) {
      // An absolute move that stays where it is. At a pending wrap nothing may move; setting the pen does not.
      if (this.x < this.#cols) this.put(`${csi}${this.x + 1}G`);
      else this.put(penSequence(this.pen));
    }
    this.#append(text);
    this.#join = this.#stateAfter(text, this.#join);
    this.x += width;
    // Terminals do not agree on the width of clusters: after one, the column is said again.
    if (text.length > 2 && this.x < this.#cols) this.put(`${csi}${this.x + 1}G`);
  }

  /** As it stands, where the caller knows what it joins and where the cursor goes. */
  printOver(text: string): void {
    this.#append(text);
  }

  /** Cells [x, end), which look alike: what most of a history is, so it goes the short way. */
  printAscii(line: CoreLine, x: number, end: number): void {
    this.print(asciiAt(line, x), 1);
    const rest = end - x - 1;
    if (rest === 0) return;
    this.#reserve(rest);
    copyAscii(line, { x: x + 1, end }, { bytes: this.#bytes, offset: this.#length });
    this.#length += rest;
    this.#join = this.#stateAfter(" ", 0);
    this.x = end;
  }

  erase(x: number, count: number, pen: Pen): void {
    this.moveTo(x);
    this.setPen(toErasePen(pen));
    this.put(`${csi}${count === 1 ? "" : count}X`);
  }

  toBytes(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  #append(text: string): void {
    // As UTF-8, a character takes at most three bytes for each of its code units.
    this.#reserve(text.length * 3);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) {
        this.#length += bytes.write(text, this.#length);
        return;
      }
      bytes[at++] = code;
    }
    this.#length = at;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  /** Of the width tables after this text; bit 0 says whether its last code point joined the one before it. */
  #stateAfter(text: string, before: number): number {
    let state = before;
    for (const character of text) {
      state = this.#core.unicodeService.charProperties(character.codePointAt(0) ?? 0, state);
    }
    return state;
  }
}
