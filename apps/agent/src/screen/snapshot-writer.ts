// Writes a terminal's whole state as the bytes that draw it. addon-serialize does not carry links, pending wrap,
// margins, tab stops, charsets, saved cursors, empty cells with attributes, or the join of graphemes, so this is
// a writer of its own over the buffer.
//
// What is written, in this order (docs/decisions/0004-screens-and-snapshots.md):
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

import { characterStart, viewCell } from "./cell-view.ts";
import { closeLink, csi, Drawing, esc, terminator } from "./drawing.ts";
import type { Extras } from "./extras.ts";
import { LineWriter } from "./line-writer.ts";
import type { Links } from "./links.ts";
import { penSequence, plainPen, toPen } from "./pen.ts";
import {
  type Core,
  type CoreBuffer,
  type CoreCharset,
  type CoreLine,
  cell,
  charsetDesignators,
  joinMask,
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

const prelude = [
  `${csi}?1049l${csi}!p`,
  `${csi}?1;5;6;9;45;1000;1002;1003;1004;1005;1006;1007;1015;1016;2004;2026;2031;2048l${csi}?7;25h`,
  `${csi}4;20l${esc}>${csi}0 q${csi}=0u${csi}>4m`,
  `${esc}(B${esc})B${esc}*B${esc}+B\x0f`,
  `${closeLink}${csi}r${csi}m${csi}H${csi}J`,
].join("");

export const writeSnapshot = (source: SnapshotSource, scrollbackLines = Number.POSITIVE_INFINITY): Buffer => {
  const normal = source.core._bufferService.buffers.normal;
  let history = Math.min(normal.ybase, Math.max(0, Math.floor(scrollbackLines)));
  for (;;) {
    const drawing = new SnapshotWriter(source, false).write(normal.ybase - history);
    if (drawing.length <= drawingBytesMax) return drawing;
    if (history === 0) break;
    history = Math.floor((history * 0.9 * drawingBytesMax) / drawing.length);
  }
  return new SnapshotWriter(source, true).write(normal.ybase);
};

class SnapshotWriter {
  readonly #core: Core;
  readonly #extras: Extras;
  readonly #to: Drawing;
  readonly #lines: LineWriter;
  readonly #cols: number;
  readonly #rows: number;

  constructor(source: SnapshotSource, isPlain: boolean) {
    this.#core = source.core;
    this.#extras = source.extras;
    this.#cols = source.core._bufferService.cols;
    this.#rows = source.core._bufferService.rows;
    this.#to = new Drawing(source, isPlain);
    this.#lines = new LineWriter(this.#to, source.core._bufferService);
  }

  write(firstLine: number): Buffer {
    const { normal, alt, active } = this.#core._bufferService.buffers;
    this.#to.put(prelude);
    this.#writeTitles();
    this.#to.put(this.#extras.mainSequence());
    if (active === normal) this.#writeSavedOfIdleAlternate(alt);
    this.#lines.writeLines(normal, firstLine);
    if (active === normal) {
      this.#writeBufferState(normal, normal.lines.length);
    } else {
      this.#enterAlternate(normal);
      this.#lines.writeLines(alt, 0);
      this.#writeBufferState(alt, alt.lines.length);
    }
    this.#writeCursorState(active);
    return this.#to.toBytes();
  }

  #writeTitles(): void {
    const input = this.#core._inputHandler;
    for (const title of input._windowTitleStack) this.#to.put(`${esc}]2;${title}${terminator}${csi}22;2t`);
    for (const name of input._iconNameStack) this.#to.put(`${esc}]1;${name}${terminator}${csi}22;1t`);
    const title = input._windowTitle;
    const name = input._iconName;
    if (title === name) {
      if (title !== "") this.#to.put(`${esc}]0;${title}${terminator}`);
      return;
    }
    this.#to.put(`${esc}]2;${title}${terminator}${esc}]1;${name}${terminator}`);
  }

  // State of one screen

  #writeBufferState(buffer: CoreBuffer, lines: number): void {
    this.#writeTabs(buffer);
    if (isSavedCursorSet(buffer)) this.#writeSavedCursor(buffer);
    const bottom = this.#rows - 1;
    if (lines > 0 && (buffer.scrollTop !== 0 || buffer.scrollBottom !== bottom)) {
      this.#to.put(`${csi}${buffer.scrollTop + 1};${buffer.scrollBottom + 1}r`);
      this.#to.x = 0;
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
    this.#to.put(`${csi}3g`);
    for (const x of stops) this.#to.put(`${csi}${x + 1}G${esc}H`);
    this.#to.x = -1;
  }

  /** Leaves the cursor, pen and charset as they were saved. */
  #placeSaved(buffer: CoreBuffer): void {
    const { fg, bg } = buffer.savedCurAttrData;
    const y = Math.min(this.#rows - 1, Math.max(0, buffer.savedY - buffer.ybase));
    this.#to.goto(Math.min(buffer.savedX, this.#cols - 1), y);
    const line = buffer.lines.get(buffer.ybase + y);
    if (buffer.savedX === this.#cols && line !== undefined && characterStart(line, this.#cols - 1) >= 0) {
      this.#lines.writePendingWrap(line, y);
    }
    // xterm saves that there is an underline or a link, not which: the one in force at the restore.
    const current = this.#core._inputHandler._curAttrData.extended;
    const link = (bg & cell.bgHasExtended) === 0 ? 0 : current.urlId;
    this.#to.setPen({ ...toPen(fg, bg, undefined), link });
    this.#to.put(`${esc}(${designator(buffer.savedCharset)}`);
  }

  #writeSavedCursor(buffer: CoreBuffer): void {
    this.#placeSaved(buffer);
    this.#to.put(`${esc}7${esc}(B`);
  }

  /** What a program saved on the alternate screen outlives its use. */
  #writeSavedOfIdleAlternate(alt: CoreBuffer): void {
    if (!isSavedCursorSet(alt)) return;
    this.#to.put(`${csi}?1047h`);
    this.#writeSavedCursor(alt);
    this.#to.setPen(plainPen);
    this.#to.put(`${csi}?1047l`);
    this.#to.goto(0, 0);
  }

  #enterAlternate(normal: CoreBuffer): void {
    this.#writeTabs(normal);
    const savedRow = normal.savedY - normal.ybase;
    const isSavedOnEntry = normal.savedX === normal.x && savedRow === normal.y;
    const hasMargins = normal.scrollTop !== 0 || normal.scrollBottom !== this.#rows - 1;
    if (!isSavedOnEntry && isSavedCursorSet(normal)) this.#writeSavedCursor(normal);
    if (hasMargins) this.#to.put(`${csi}${normal.scrollTop + 1};${normal.scrollBottom + 1}r`);
    if (isSavedOnEntry) {
      // As programs do it: one sequence saves the cursor with its pen and charset, and enters.
      this.#placeSaved(normal);
      this.#to.put(`${csi}?1049h${esc}(B`);
    } else {
      this.#to.goto(Math.min(normal.x, this.#cols - 1), normal.y);
      const line = normal.lines.get(normal.ybase + normal.y);
      if (normal.x >= this.#cols && line !== undefined) this.#lines.writePendingWrap(line, normal.y);
      this.#to.put(`${csi}?1047h`);
    }
    this.#to.setPen(plainPen);
    this.#to.put(`${csi}H${csi}J`);
    this.#to.put(this.#extras.altSequence());
    this.#to.x = 0;
  }

  // The cursor, at last

  #writeCursorState(buffer: CoreBuffer): void {
    const core = this.#core;
    const { coreService, _charsetService: charsets, _inputHandler: input } = core;
    const line = buffer.lines.get(buffer.ybase + buffer.y);
    const isDrifted = charsets.charset !== charsets._charsets[charsets.glevel];
    if (isDrifted) {
      this.#writeCharsets();
      if (charsets.charset === buffer.savedCharset) this.#to.put(`${esc}8`);
      this.#to.pen = { ...this.#to.pen, fg: -1 };
    }
    if (coreService.decPrivateModes.origin) this.#to.put(`${csi}?6h`);
    const top = coreService.decPrivateModes.origin ? buffer.scrollTop : 0;
    const pen = toPen(input._curAttrData.fg, input._curAttrData.bg, input._curAttrData.extended, true);
    const joined = line === undefined ? undefined : this.#lastPrinted(buffer, line);
    if (joined !== undefined) {
      this.#to.goto(joined.x, buffer.y - top);
      if (!isDrifted) this.#writeCharsets();
      this.#writeModes();
      this.#to.setPen(pen);
      // In insert mode the character's first code point makes its own room, and pushes the rest away.
      if (coreService.modes.insertMode) this.#to.put(`${csi}${joined.insertedWidth}P`);
      this.#to.printOver(joined.source);
      return;
    }
    this.#to.goto(Math.min(buffer.x, this.#cols - 1), buffer.y - top);
    if (buffer.x >= this.#cols && line !== undefined) this.#lines.writePendingWrap(line, buffer.y - top);
    if (!isDrifted) this.#writeCharsets();
    this.#writeModes();
    this.#to.setPen(pen);
    // Whatever follows must not join what was printed last.
    this.#to.put(penSequence(pen));
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
      if (charsets[index] !== undefined) this.#to.put(`${esc}${slot}${designator(charsets[index])}`);
    });
    const shift = ["", "\x0e", `${esc}n`, `${esc}o`][glevel] ?? "";
    if (shift !== "") this.#to.put(shift);
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
    if (set.length > 0) this.#to.put(`${csi}?${set.join(";")}h`);
    if (modes.applicationKeypad) this.#to.put(`${esc}=`);
    const style = { block: 2, underline: 4, bar: 6 }[modes.cursorStyle ?? "block"];
    if (modes.cursorStyle !== undefined)
      this.#to.put(`${csi}${modes.cursorBlink === true ? style - 1 : style} q`);
    if (coreService.isCursorHidden) this.#to.put(`${csi}?25l`);
    if (optionsService.rawOptions.convertEol) this.#to.put(`${csi}20h`);
    if (!modes.wraparound) this.#to.put(`${csi}?7l`);
    if (coreService.modes.insertMode) this.#to.put(`${csi}4h`);
  }
}

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
