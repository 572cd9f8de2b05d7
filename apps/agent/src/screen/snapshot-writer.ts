// Writes a terminal's whole state as the bytes that draw it. addon-serialize does not carry links, pending wrap,
// margins, tab stops, charsets, saved cursors, empty cells with attributes, or the join of graphemes, so this is
// a writer of its own over the buffer.
//
// What is written, in this order (docs/decisions/0003-screens-and-snapshots.md):
//   1. a prelude that brings any terminal to the defaults: normal screen, soft reset, modes off, screen erased.
//      It leaves the history that a real terminal already has alone (no RIS, no CSI 3 J);
//   2. titles, colours and keyboard protocols;
//   3. the normal screen's lines, oldest first: those above the screen scroll into the terminal's own history;
//   4. tab stops, saved cursor and margins of that screen; if it is not the active one, 3 and 4 of the other;
//   5. charsets, modes, pen, link, cursor; last, where needed, the character before the cursor once more, which
//      restores a pending wrap and what a following combining character joins.
//
// I1 Drawn on an empty terminal of the same geometry it gives an equal one: cells, cursor, modes, hidden state.
// I2 Nothing in it makes a terminal answer.
// I3 Text comes from cells alone, so it holds no control character that this file did not write.

import type { Extras } from "./extras.ts";
import type { Link, Links } from "./links.ts";
import {
  hasBackground,
  isErasePen,
  isSamePen,
  type Pen,
  penSequence,
  plainPen,
  toErasePen,
  toPen,
} from "./pen.ts";
import {
  type Core,
  type CoreBuffer,
  type CoreCharset,
  type CoreLine,
  cell,
  charsetDesignators,
} from "./xterm-internals.ts";

export interface SnapshotSource {
  readonly core: Core;
  readonly links: Links;
  readonly extras: Extras;
}

/**
 * A larger drawing leaves the oldest lines of its history out; if the screen alone is larger, its looks. With
 * the unfinished sequence behind it, it stays below the 4 MiB of a message.
 */
export const drawingBytesMax = 3 * 1024 * 1024;

const esc = "\x1b";
const csi = `${esc}[`;
const terminator = `${esc}\\`;
const closeLink = `${esc}]8;;${terminator}`;
const wideBlank = "\u3000";

const prelude = [
  `${csi}?1049l${csi}!p`,
  `${csi}?1;5;6;9;45;1000;1002;1003;1004;1005;1006;1007;1015;1016;2004;2026;2031;2048l${csi}?7;25h`,
  `${csi}4;20l${esc}>${csi}0 q${csi}=0u${csi}>4m`,
  `${esc}(B${esc})B${esc}*B${esc}+B\x0f`,
  `${closeLink}${csi}r${csi}m${csi}H${csi}J`,
].join("");

interface CellView {
  readonly text: string;
  /** 0 for the right half of a wide character, else 1 or 2. */
  readonly width: number;
  readonly pen: Pen;
}

const contentAt = (line: CoreLine, x: number): number => line._data[x * cell.size] ?? 0;
const widthAt = (line: CoreLine, x: number): number => contentAt(line, x) >>> cell.widthShift;
const hasTextAt = (line: CoreLine, x: number): boolean => (contentAt(line, x) & cell.contentMask) !== 0;

const penAt = (line: CoreLine, x: number): Pen =>
  toPen(line._data[x * cell.size + 1] ?? 0, line._data[x * cell.size + 2] ?? 0, line._extendedAttrs[x]);

const textAt = (line: CoreLine, x: number): string => {
  const content = contentAt(line, x);
  if ((content & cell.isCombined) !== 0) return line._combined[x] ?? "";
  const codepoint = content & cell.codepointMask;
  return codepoint === 0 ? "" : String.fromCodePoint(codepoint);
};

/** Where the character that covers column x begins, or -1: a half of a wide character alone counts as empty. */
export const characterStart = (line: CoreLine, x: number): number => {
  const width = widthAt(line, x);
  if (hasTextAt(line, x)) {
    if (width === 1) return x;
    return width === 2 && x + 1 < line.length && widthAt(line, x + 1) === 0 ? x : -1;
  }
  return width === 0 && x > 0 && hasTextAt(line, x - 1) && widthAt(line, x - 1) === 2 ? x - 1 : -1;
};

/** A column as it is seen, with xterm's torn wide characters mended to empty cells. */
export const viewCell = (line: CoreLine, x: number): CellView => {
  const start = characterStart(line, x);
  if (start === x) return { text: textAt(line, x), width: widthAt(line, x), pen: penAt(line, x) };
  if (start >= 0) return { text: "", width: 0, pen: penAt(line, start) };
  return { text: "", width: 1, pen: penAt(line, x) };
};

const isPlainEmpty = (line: CoreLine, x: number): boolean => {
  const at = x * cell.size;
  return (
    (contentAt(line, x) & cell.contentMask) === 0 && line._data[at + 1] === 0 && line._data[at + 2] === 0
  );
};

export const writeSnapshot = (source: SnapshotSource, scrollbackLines = Number.POSITIVE_INFINITY): Buffer => {
  const normal = source.core._bufferService.buffers.normal;
  let history = Math.min(normal.ybase, Math.max(0, Math.floor(scrollbackLines)));
  for (;;) {
    const drawing = Buffer.from(new SnapshotWriter(source, false).write(normal.ybase - history));
    if (drawing.length <= drawingBytesMax) return drawing;
    if (history === 0) break;
    history = Math.floor((history * 0.9 * drawingBytesMax) / drawing.length);
  }
  return Buffer.from(new SnapshotWriter(source, true).write(normal.ybase));
};

class SnapshotWriter {
  readonly #core: Core;
  readonly #links: Links;
  readonly #extras: Extras;
  readonly #cols: number;
  readonly #rows: number;
  #out: string[] = [];
  /** What the drawing terminal has now. */
  #pen: Pen = plainPen;
  /** The column of the cursor; `cols` is the pending wrap. */
  #x = 0;
  /** The width tables' state after the last printed character; 0 joins nothing. */
  #join = 0;

  readonly #isPlain: boolean;

  constructor({ core, links, extras }: SnapshotSource, isPlain: boolean) {
    this.#isPlain = isPlain;
    this.#core = core;
    this.#links = links;
    this.#extras = extras;
    this.#cols = core._bufferService.cols;
    this.#rows = core._bufferService.rows;
  }

  write(firstLine: number): string {
    const { normal, alt, active } = this.#core._bufferService.buffers;
    this.#put(prelude);
    this.#writeTitles();
    this.#put(this.#extras.mainSequence());
    if (active === normal) this.#writeSavedOfIdleAlternate(alt);
    this.#writeLines(normal, firstLine);
    if (active === normal) {
      this.#writeBufferState(normal, normal.lines.length);
    } else {
      this.#enterAlternate(normal);
      this.#writeLines(alt, 0);
      this.#writeBufferState(alt, alt.lines.length);
    }
    this.#writeCursorState(active);
    return this.#out.join("");
  }

  #put(sequence: string): void {
    this.#out.push(sequence);
    this.#join = 0;
  }

  #setPen(wanted: Pen): void {
    const pen = this.#isPlain ? plainPen : wanted;
    if (isSamePen(pen, this.#pen)) return;
    if (pen.link !== this.#pen.link) this.#put(linkSequence(this.#links.get(pen.link)));
    if (!isSamePen({ ...pen, link: 0 }, { ...this.#pen, link: 0 })) this.#put(penSequence(pen));
    this.#pen = pen;
  }

  #moveTo(x: number): void {
    if (x === this.#x) return;
    this.#put(`${csi}${x + 1}G`);
    this.#x = x;
  }

  #goto(x: number, y: number): void {
    this.#put(`${csi}${y + 1};${x + 1}H`);
    this.#x = x;
  }

  /** Prints one character of `width` at the cursor, never joined to what was printed before it. */
  #print(text: string, width: number): void {
    let join = this.#join;
    for (const character of text) {
      const next = this.#core.unicodeService.charProperties(character.codePointAt(0) ?? 0, join);
      if (join === this.#join && join !== 0 && (next & 1) === 1) {
        // An absolute move that stays where it is. At a pending wrap nothing may stand between, but there the
        // character before is complete: joins across the margin were drawn into one cell.
        if (this.#x < this.#cols) this.#put(`${csi}${this.#x + 1}G`);
        else this.#put(penSequence(this.#pen));
        this.#print(text, width);
        return;
      }
      join = next;
    }
    this.#out.push(text);
    this.#join = join;
    this.#x += width;
    // Terminals do not agree on the width of clusters: after one, the column is said again.
    if (text.length > 2 && this.#x < this.#cols) this.#put(`${csi}${this.#x + 1}G`);
  }

  #writeTitles(): void {
    const input = this.#core._inputHandler;
    for (const title of input._windowTitleStack) this.#put(`${esc}]2;${title}${terminator}${csi}22;2t`);
    for (const name of input._iconNameStack) this.#put(`${esc}]1;${name}${terminator}${csi}22;1t`);
    const title = input._windowTitle;
    const name = input._iconName;
    if (title === name) {
      if (title !== "") this.#put(`${esc}]0;${title}${terminator}`);
      return;
    }
    this.#put(`${esc}]2;${title}${terminator}${esc}]1;${name}${terminator}`);
  }

  // Lines

  /** Lines [first, end) from the top of an empty screen on; the cursor ends on the last one. */
  #writeLines(buffer: CoreBuffer, first: number): void {
    let before: CoreLine | undefined;
    for (let y = first; y < buffer.lines.length; y++) {
      const line = buffer.lines.get(y);
      if (line === undefined) continue;
      if (before === undefined) {
        if (line.isWrapped) this.#beginWrapped();
      } else if (line.isWrapped) {
        this.#wrap(before, line);
      } else {
        if (hasBackground(this.#pen)) this.#setPen(plainPen);
        this.#put("\r\n");
        this.#x = 0;
      }
      const next = buffer.lines.get(y + 1);
      const last = this.#cols - 1;
      // Tearing one of these would mend the other; a wrap makes one without touching the other.
      const isDoublyTinted = this.#rows > 1 && isTinted(line, last) && isTinted(line, last - 1);
      const isWrapTinted = next !== undefined && !next.isWrapped && isDoublyTinted;
      this.#writeLine(line, next?.isWrapped === true || isWrapTinted);
      if (isWrapTinted) {
        this.#wrapTinted(penAt(line, last));
        // Back up: the line feed to the next line then says that it is not this one's.
        this.#put(`${csi}A`);
        this.#x = 0;
      }
      before = line;
    }
  }

  /** An empty first line that counts as wrapped: its beginning has left the history. */
  #beginWrapped(): void {
    if (this.#rows < 2) return;
    this.#put(`${csi}${this.#cols}G`);
    this.#out.push("  ");
    this.#put(`${csi}H${csi}M${csi}X`);
    this.#x = 0;
  }

  #writeLine(line: CoreLine, isContinued: boolean): void {
    let end = this.#cols;
    while (end > this.#x && isPlainEmpty(line, end - 1)) end--;
    const begin = this.#x;
    // That of the last column comes with the wrap, if there is one.
    const tintedEnd = isContinued ? Math.min(end, this.#cols - 1) : end;
    for (let x = begin; x < tintedEnd; x++) if (isTinted(line, x)) this.#writeTinted(line, x);
    for (let x = begin; x < end; ) {
      if (isPlainEmpty(line, x)) {
        x++;
        continue;
      }
      const view = viewCell(line, x);
      if (view.text !== "") {
        this.#moveTo(x);
        this.#setPen(view.pen);
        this.#print(view.text, view.width);
        x += view.width;
      } else if (isErasePen(view.pen)) {
        let run = x + 1;
        while (run < end && isErasedLike(line, run, view.pen)) run++;
        this.#erase(x, run - x, view.pen);
        x = run;
      } else {
        // Written by writeTinted, or to be written by wrap.
        x++;
      }
    }
  }

  #erase(x: number, count: number, pen: Pen): void {
    this.#moveTo(x);
    this.#setPen(toErasePen(pen));
    this.#put(`${csi}${count === 1 ? "" : count}X`);
  }

  /** An empty cell with more than a background. Only a torn wide character leaves one, so one is torn. */
  #writeTinted(line: CoreLine, x: number): void {
    const { pen } = viewCell(line, x);
    if (x + 1 < this.#cols) {
      this.#moveTo(x);
      this.#setPen(plainPen);
      this.#out.push(wideBlank);
      this.#put(`${csi}${x + 2}G`);
      this.#setPen(pen);
      this.#out.push(" ");
      this.#x = -1;
      this.#erase(x + 1, 1, plainPen);
      return;
    }
    // At the margin its left half is overwritten instead.
    this.#moveTo(x - 1);
    this.#setPen(plainPen);
    this.#out.push(wideBlank);
    this.#put(`${csi}${x}G`);
    this.#setPen(pen);
    this.#out.push(" ");
    this.#x = -1;
    this.#erase(x - 1, 1, plainPen);
  }

  /** From the end of `before` to the line that continues it, by printing over the margin. */
  #wrap(before: CoreLine, line: CoreLine): void {
    const last = this.#cols - 1;
    const lastStart = characterStart(before, last);
    const first = viewCell(line, 0);
    const lastPen = penAt(before, last);
    let isPadded = false;
    if (lastStart >= 0) {
      this.#reachMargin(before, lastStart);
    } else if (first.width === 2 && isSamePen(lastPen, first.pen)) {
      // A wide character that did not fit: the terminal leaves the last column empty by itself.
      this.#moveTo(last);
    } else if (isErasePen(lastPen)) {
      this.#moveTo(last);
      this.#setPen(plainPen);
      this.#print(" ", 1);
      isPadded = true;
    } else {
      this.#wrapTinted(lastPen);
    }
    this.#setPen(first.text === "" ? plainPen : first.pen);
    // At the margin, or by wrapTinted already beyond it, in column 0.
    this.#x = this.#cols;
    this.#print(first.text === "" ? " " : first.text, first.width);
    this.#x = first.width;
    if (hasBackground(this.#pen)) {
      // The scroll has filled the new line with the pen's background.
      this.#setPen(plainPen);
      this.#put(`${csi}K`);
    }
    if (isPadded && this.#rows > 1) {
      const x = this.#x;
      this.#put(`${csi}A`);
      this.#x = -1;
      this.#erase(last, 1, isErasePen(lastPen) ? lastPen : plainPen);
      this.#put(`${csi}B`);
      this.#moveTo(Math.min(x, last));
    }
    if (first.text === "") {
      this.#erase(0, 1, isErasePen(first.pen) ? first.pen : plainPen);
    }
  }

  /** A wide character of that pen did not fit, and what came in its place was then overwritten. */
  #wrapTinted(pen: Pen): void {
    this.#moveTo(this.#cols - 1);
    this.#setPen(pen);
    this.#out.push(wideBlank);
    this.#setPen(plainPen);
    // In two parts: erasing from column 0 on would make it a line of its own.
    this.#put(`${csi}K${csi}1K\r`);
  }

  /** The pending wrap: by printing the line's last character again, unless that was just done. */
  #reachMargin(line: CoreLine, start: number): void {
    if (this.#x === this.#cols) return;
    this.#moveTo(start);
    const view = viewCell(line, start);
    this.#setPen(view.pen);
    this.#print(view.text, view.width);
  }

  // State of one screen

  #writeBufferState(buffer: CoreBuffer, lines: number): void {
    this.#writeTabs(buffer);
    if (isSavedCursorSet(buffer)) this.#writeSavedCursor(buffer);
    const bottom = this.#rows - 1;
    if (lines > 0 && (buffer.scrollTop !== 0 || buffer.scrollBottom !== bottom)) {
      this.#put(`${csi}${buffer.scrollTop + 1};${buffer.scrollBottom + 1}r`);
      this.#x = 0;
    }
  }

  #writeTabs(buffer: CoreBuffer): void {
    const stops: number[] = [];
    let isDefault = true;
    for (let x = 0; x < this.#cols; x++) {
      const isStop = buffer.tabs[x] === true;
      if (isStop) stops.push(x);
      if (isStop !== (x % 8 === 0)) isDefault = false;
    }
    if (isDefault) return;
    this.#put(`${csi}3g`);
    for (const x of stops) this.#put(`${csi}${x + 1}G${esc}H`);
    this.#x = -1;
  }

  /** Leaves the cursor, pen and charset as they were saved. */
  #placeSaved(buffer: CoreBuffer): void {
    const { fg, bg } = buffer.savedCurAttrData;
    const y = Math.min(this.#rows - 1, Math.max(0, buffer.savedY - buffer.ybase));
    this.#goto(Math.min(buffer.savedX, this.#cols - 1), y);
    const line = buffer.lines.get(buffer.ybase + y);
    if (buffer.savedX === this.#cols && line !== undefined && characterStart(line, this.#cols - 1) >= 0) {
      this.#writePendingWrap(line);
    }
    // xterm saves that there is an underline or a link, not which: the one in force at the restore.
    const current = this.#core._inputHandler._curAttrData.extended;
    const link = (bg & cell.bgHasExtended) === 0 ? 0 : current.urlId;
    this.#setPen({ ...toPen(fg, bg, undefined), link });
    this.#put(`${esc}(${designator(buffer.savedCharset)}`);
  }

  #writeSavedCursor(buffer: CoreBuffer): void {
    this.#placeSaved(buffer);
    this.#put(`${esc}7${esc}(B`);
  }

  /** What a program saved on the alternate screen outlives its use. */
  #writeSavedOfIdleAlternate(alt: CoreBuffer): void {
    if (!isSavedCursorSet(alt)) return;
    this.#put(`${csi}?1047h`);
    this.#writeSavedCursor(alt);
    this.#setPen(plainPen);
    this.#put(`${csi}?1047l`);
    this.#goto(0, 0);
  }

  #enterAlternate(normal: CoreBuffer): void {
    this.#writeTabs(normal);
    const savedRow = normal.savedY - normal.ybase;
    const isSavedOnEntry = normal.savedX === normal.x && savedRow === normal.y;
    const hasMargins = normal.scrollTop !== 0 || normal.scrollBottom !== this.#rows - 1;
    if (!isSavedOnEntry && isSavedCursorSet(normal)) this.#writeSavedCursor(normal);
    if (hasMargins) this.#put(`${csi}${normal.scrollTop + 1};${normal.scrollBottom + 1}r`);
    if (isSavedOnEntry) {
      // As programs do it: one sequence saves the cursor with its pen and charset, and enters.
      this.#placeSaved(normal);
      this.#put(`${csi}?1049h${esc}(B`);
    } else {
      this.#goto(Math.min(normal.x, this.#cols - 1), normal.y);
      const line = normal.lines.get(normal.ybase + normal.y);
      if (normal.x >= this.#cols && line !== undefined) this.#writePendingWrap(line);
      this.#put(`${csi}?1047h`);
    }
    this.#setPen(plainPen);
    this.#put(`${csi}H${csi}J`);
    this.#put(this.#extras.altSequence());
    this.#x = 0;
  }

  // The cursor, at last

  #writePendingWrap(line: CoreLine): void {
    const last = this.#cols - 1;
    const start = characterStart(line, last);
    this.#x = -1;
    if (start >= 0) {
      this.#reachMargin(line, start);
      return;
    }
    // Erased under the cursor, mostly with the whole line: from a pending wrap, CSI 1 K does that in place.
    const pen = penAt(line, last);
    this.#moveTo(last);
    if (isErasePen(pen) && isErasedLine(line, pen)) {
      this.#setPen(plainPen);
      this.#print(" ", 1);
      this.#setPen(toErasePen(pen));
      this.#put(`${csi}1K`);
      return;
    }
    // Scrolled under the cursor. A blank is what can be printed there; it looks the same.
    this.#setPen(pen);
    this.#print(" ", 1);
  }

  #writeCursorState(buffer: CoreBuffer): void {
    const core = this.#core;
    const { coreService, _charsetService: charsets, _inputHandler: input } = core;
    const line = buffer.lines.get(buffer.ybase + buffer.y);
    const isDrifted = charsets.charset !== charsets._charsets[charsets.glevel];
    if (isDrifted) {
      this.#writeCharsets();
      if (charsets.charset === buffer.savedCharset) this.#put(`${esc}8`);
      this.#pen = { ...this.#pen, fg: -1 };
    }
    if (coreService.decPrivateModes.origin) this.#put(`${csi}?6h`);
    const top = coreService.decPrivateModes.origin ? buffer.scrollTop : 0;
    const pen = toPen(input._curAttrData.fg, input._curAttrData.bg, input._curAttrData.extended, true);
    const joined = line === undefined ? undefined : this.#lastPrinted(buffer, line);
    if (joined !== undefined) {
      this.#goto(joined.x, buffer.y - top);
      if (!isDrifted) this.#writeCharsets();
      this.#writeModes();
      this.#setPen(pen);
      // In insert mode the character's first code point makes its own room, and pushes the rest away.
      if (coreService.modes.insertMode) this.#put(`${csi}${joined.insertedWidth}P`);
      this.#out.push(joined.source);
      return;
    }
    this.#goto(Math.min(buffer.x, this.#cols - 1), buffer.y - top);
    if (buffer.x >= this.#cols && line !== undefined) this.#writePendingWrap(line);
    if (!isDrifted) this.#writeCharsets();
    this.#writeModes();
    this.#setPen(pen);
    // Whatever follows must not join what was printed last.
    this.#put(penSequence(pen));
  }

  /** The character before the cursor, if it was the last thing that happened and printing it again says so. */
  #lastPrinted(
    buffer: CoreBuffer,
    line: CoreLine,
  ): { x: number; insertedWidth: number; source: string } | undefined {
    const expected = this.#core._inputHandler._parser.precedingJoinState;
    if (expected === 0 || buffer.x === 0) return undefined;
    const x = characterStart(line, Math.min(buffer.x, this.#cols) - 1);
    if (x < 0) return undefined;
    const { text, width } = viewCell(line, x);
    if (x + width !== buffer.x) return undefined;
    let join = 0;
    for (const character of text) {
      join = this.#core.unicodeService.charProperties(character.codePointAt(0) ?? 0, join);
    }
    if ((join & joinMask) !== (expected & joinMask)) return undefined;
    const source = untranslate(text, this.#core._charsetService.charset);
    const insertedWidth = (this.#core.unicodeService.charProperties(text.codePointAt(0) ?? 0, 0) >> 1) & 3;
    return source === undefined ? undefined : { x, insertedWidth, source };
  }

  #writeCharsets(): void {
    const { _charsets: charsets, glevel } = this.#core._charsetService;
    const slots = ["(", ")", "*", "+"];
    slots.forEach((slot, index) => {
      if (charsets[index] !== undefined) this.#put(`${esc}${slot}${designator(charsets[index])}`);
    });
    const shift = ["", "\x0e", `${esc}n`, `${esc}o`][glevel] ?? "";
    if (shift !== "") this.#put(shift);
  }

  /** Those that do not move the cursor. */
  #writeModes(): void {
    const { coreService, coreMouseService: mouse, optionsService } = this.#core;
    const modes = coreService.decPrivateModes;
    const set: number[] = [];
    if (modes.applicationCursorKeys) set.push(1);
    if (optionsService.rawOptions.cursorBlink) set.push(12);
    if (modes.reverseWraparound) set.push(45);
    if (modes.sendFocus) set.push(1004);
    const protocol = { NONE: 0, X10: 9, VT200: 1000, DRAG: 1002, ANY: 1003 }[mouse.activeProtocol];
    if (protocol !== 0) set.push(protocol);
    const encoding = { DEFAULT: 0, SGR: 1006, SGR_PIXELS: 1016 }[mouse.activeEncoding];
    if (encoding !== 0) set.push(encoding);
    if (modes.bracketedPasteMode) set.push(2004);
    if (modes.synchronizedOutput) set.push(2026);
    if (set.length > 0) this.#put(`${csi}?${set.join(";")}h`);
    if (modes.applicationKeypad) this.#put(`${esc}=`);
    const style = { block: 2, underline: 4, bar: 6 }[modes.cursorStyle ?? "block"];
    if (modes.cursorStyle !== undefined)
      this.#put(`${csi}${modes.cursorBlink === true ? style - 1 : style} q`);
    if (coreService.isCursorHidden) this.#put(`${csi}?25l`);
    if (optionsService.rawOptions.convertEol) this.#put(`${csi}20h`);
    if (!modes.wraparound) this.#put(`${csi}?7l`);
    if (coreService.modes.insertMode) this.#put(`${csi}4h`);
  }
}

/** Of the width tables' state: the kind of character and its width; the rest says how it came to be. */
const joinMask = 0b1111_110;

const isTinted = (line: CoreLine, x: number): boolean => {
  if (isPlainEmpty(line, x)) return false;
  const view = viewCell(line, x);
  return view.width === 1 && view.text === "" && !isErasePen(view.pen);
};

const isErasedLike = (line: CoreLine, x: number, pen: Pen): boolean => {
  const view = viewCell(line, x);
  return view.width === 1 && view.text === "" && isSamePen(view.pen, pen);
};

const isErasedLine = (line: CoreLine, pen: Pen): boolean => {
  for (let x = 0; x < line.length; x++) if (!isErasedLike(line, x, pen)) return false;
  return true;
};

const linkSequence = (link: Link | undefined): string =>
  link === undefined ? closeLink : `${esc}]8;${link.parameters};${link.uri}${terminator}`;

const designator = (charset: CoreCharset): string => charsetDesignators.get(charset) ?? "B";

/** Other than at the start: at home, plain, ASCII. */
const isSavedCursorSet = (buffer: CoreBuffer): boolean =>
  buffer.savedX !== 0 ||
  buffer.savedY > buffer.ybase ||
  buffer.savedCharset !== undefined ||
  (buffer.savedCurAttrData.fg | buffer.savedCurAttrData.bg) !== 0;

/** What to print so that the charset gives this text. */
const untranslate = (text: string, charset: CoreCharset): string | undefined => {
  if (charset === undefined) return text;
  let source = "";
  for (const character of text) {
    const key = Object.keys(charset).find((candidate) => charset[candidate] === character);
    if (key !== undefined) source += key;
    else if (charset[character] === undefined) source += character;
    else return undefined;
  }
  return source;
};
