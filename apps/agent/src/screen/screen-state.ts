// The whole state of a screen as a plain value, for tests: two screens are the same if these are equal. What
// has no effect that anybody can see, now or later, is brought to one form.

import { characterStart, isPlainEmpty, viewCell } from "./cell-view.ts";
import type { Emulator } from "./emulator.ts";
import { isErasePen, isSamePen, type Pen, toPen } from "./pen.ts";
import { type CoreBuffer, charsetDesignators, joinMask } from "./xterm-internals.ts";

export interface LineState {
  readonly isWrapped: boolean;
  /** Runs of cells that look alike: text, width of each, pen. */
  readonly cells: string[];
}

export interface BufferState {
  readonly lines: LineState[];
  readonly ybase: number;
  readonly x: number;
  readonly y: number;
  readonly margins: [number, number];
  readonly tabs: number[];
  readonly saved: { readonly x: number; readonly y: number; readonly pen: string; readonly charset: string };
}

export interface ScreenState {
  readonly cols: number;
  readonly rows: number;
  readonly isAlternate: boolean;
  readonly normal: BufferState;
  readonly alternate: BufferState;
  readonly pen: string;
  readonly charsets: string[];
  readonly charset: string;
  readonly level: number;
  readonly modes: Record<string, unknown>;
  readonly titles: unknown[];
  readonly extras: string[];
  /** The kind and width of what a combining character would join; 0 at a sequence. */
  readonly join: number;
}

const quoted = (text: string): string => (/^[\w ]?$/.test(text) ? `"${text}"` : JSON.stringify(text));

export const readScreenState = (emulator: Emulator): ScreenState => {
  const { core } = emulator.core;
  const { buffers, cols, rows } = core._bufferService;
  const input = core._inputHandler;
  // Cells beside one another mostly look alike, and a test reads millions.
  let last: { readonly pen: Pen; readonly text: string } | undefined;
  const showPen = (pen: Pen): string => {
    if (last !== undefined && isSamePen(pen, last.pen)) return last.text;
    const link = emulator.links.get(pen.link);
    const text = JSON.stringify({ ...pen, link: link === undefined ? "" : `${link.parameters};${link.uri}` });
    last = { pen, text };
    return text;
  };
  const readLine = (buffer: CoreBuffer, y: number): LineState => {
    const line = buffer.lines.get(y);
    if (line === undefined) throw new Error(`no line ${y}`);
    const cells: string[] = [];
    // Most of most lines is empty to their end, and that is left out below.
    let end = cols;
    while (end > 0 && isPlainEmpty(line, end - 1)) end--;
    for (let x = 0; x < end; x++) {
      const view = viewCell(line, x);
      if (view.width === 0) continue;
      // A pending wrap over an erased cell is drawn with a blank; see SnapshotWriter.
      const isBlankAtMargin =
        x === cols - 1 && buffer.x === cols && y === buffer.ybase + buffer.y && view.text === " ";
      const text = isBlankAtMargin ? "" : view.text;
      const pen = text === "" && isErasePen(view.pen) ? `bg ${view.pen.bg}` : showPen(view.pen);
      cells.push(`${x} ${quoted(text)} ${view.width} ${pen}`);
    }
    while (cells.length > 0 && cells.at(-1)?.endsWith('"" 1 bg 0') === true) cells.pop();
    return { isWrapped: line.isWrapped, cells };
  };
  const readBuffer = (buffer: CoreBuffer): BufferState => {
    const isActive = buffer === buffers.active;
    return {
      lines: Array.from({ length: buffer.lines.length }, (_, y) => readLine(buffer, y)),
      ybase: buffer.ybase,
      // Of the screen that is not shown, the cursor is the other's as soon as it is shown again.
      x: isActive ? buffer.x : 0,
      y: isActive ? buffer.y : 0,
      margins: buffer.lines.length === 0 ? [0, 0] : [buffer.scrollTop, buffer.scrollBottom],
      tabs: Array.from({ length: cols }, (_, x) => x).filter((x) => buffer.tabs[x] === true),
      saved: {
        x: Math.min(buffer.savedX, cols - 1),
        y: Math.min(rows - 1, Math.max(0, buffer.savedY - buffer.ybase)),
        pen: showPen({
          ...toPen(buffer.savedCurAttrData.fg, buffer.savedCurAttrData.bg, undefined),
          link: 0,
        }),
        charset: charsetDesignators.get(buffer.savedCharset) ?? "?",
      },
    };
  };
  const { charset, _charsets, glevel } = core._charsetService;
  const line = buffers.active.lines.get(buffers.active.ybase + buffers.active.y);
  // Without wrap a wide character at the margin is not drawn, yet counts as the last one printed.
  const isDropped = !core.coreService.decPrivateModes.wraparound && buffers.active.x === cols - 1;
  const isJoinable =
    line !== undefined && !isDropped && characterStart(line, Math.min(buffers.active.x, cols) - 1) >= 0;
  return {
    cols,
    rows,
    isAlternate: buffers.active === buffers.alt,
    normal: readBuffer(buffers.normal),
    alternate: readBuffer(buffers.alt),
    pen: showPen(toPen(input._curAttrData.fg, input._curAttrData.bg, input._curAttrData.extended, true)),
    charsets: [0, 1, 2, 3].map((slot) => charsetDesignators.get(_charsets[slot]) ?? "?"),
    charset: charsetDesignators.get(charset) ?? "?",
    level: glevel,
    modes: {
      ...core.coreService.decPrivateModes,
      ...core.coreService.modes,
      isCursorHidden: core.coreService.isCursorHidden,
      mouse: core.coreMouseService.activeProtocol,
      mouseEncoding: core.coreMouseService.activeEncoding,
      convertEol: core.optionsService.rawOptions.convertEol,
      cursorBlinkOption: core.optionsService.rawOptions.cursorBlink,
    },
    titles: [input._windowTitle, input._iconName, [...input._windowTitleStack], [...input._iconNameStack]],
    extras: [emulator.extras.mainSequence(), emulator.extras.altSequence()],
    join: isJoinable ? input._parser.precedingJoinState & joinMask : 0,
  };
};
