// Reads lines of a terminal's buffer as they are seen: text, width and pen of each column.

import { isErasePen, isSamePen, type Pen, toPen } from "./pen.ts";
import { type CoreLine, cell } from "./xterm-internals.ts";

// Read for each cell of a screen: as constants of this file they cost no look into another's.
const { size, contentMask, widthShift, isCombined, codepointMask, bgHasExtended } = cell;

export interface CellView {
  readonly text: string;
  /** 0 for the right half of a wide character, else 1 or 2. */
  readonly width: number;
  readonly pen: Pen;
}

const contentAt = (line: CoreLine, x: number): number => line._data[x * size] ?? 0;
const widthAt = (line: CoreLine, x: number): number => contentAt(line, x) >>> widthShift;
const hasTextAt = (line: CoreLine, x: number): boolean => (contentAt(line, x) & contentMask) !== 0;

export const penAt = (line: CoreLine, x: number): Pen =>
  toPen(line._data[x * size + 1] ?? 0, line._data[x * size + 2] ?? 0, line._extendedAttrs[x]);

const textAt = (line: CoreLine, x: number): string => {
  const content = contentAt(line, x);
  if ((content & isCombined) !== 0) return line._combined[x] ?? "";
  const codepoint = content & codepointMask;
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

/** One ASCII character in one column. */
const isAscii = (content: number): boolean => {
  const codepoint = content & contentMask;
  return codepoint > 0x1f && codepoint < 0x7f && content >>> widthShift === 1;
};

const isPlainEmptyAt = (data: Uint32Array, at: number): boolean =>
  (((data[at] ?? 0) & contentMask) | (data[at + 1] ?? 0) | (data[at + 2] ?? 0)) === 0;

// What most of a screen is made of is read by the four below: each in one loop over the words of its cells.

/** The end of the ASCII characters from x on that have the same pen, without extended attributes; x if there are none. */
export const asciiRun = (line: CoreLine, x: number, end: number): number => {
  const data = line._data;
  const first = x * size;
  const fg = data[first + 1];
  const bg = data[first + 2] ?? 0;
  if ((bg & bgHasExtended) !== 0) return x;
  for (let at = first, column = x; column < end; column++, at += size) {
    if (!isAscii(data[at] ?? 0) || data[at + 1] !== fg || data[at + 2] !== bg) return column;
  }
  return end;
};

/** The first cell in [x, end) that is neither empty and plain nor one ASCII character; else the end. */
export const nextUncommon = (line: CoreLine, x: number, end: number): number => {
  const data = line._data;
  for (let at = x * size, column = x; column < end; column++, at += size) {
    if (!isAscii(data[at] ?? 0) && !isPlainEmptyAt(data, at)) return column;
  }
  return end;
};

/** The first cell in [x, end) that is not empty and plain; else the end. */
export const nextShown = (line: CoreLine, x: number, end: number): number => {
  const data = line._data;
  for (let at = x * size, column = x; column < end; column++, at += size) {
    if (!isPlainEmptyAt(data, at)) return column;
  }
  return end;
};

/** The end of [x, end) without the empty and plain cells that it ends with. */
export const trimmedEnd = (line: CoreLine, x: number, end: number): number => {
  const data = line._data;
  let at = (end - 1) * size;
  for (let column = end; column > x; column--, at -= size) {
    if (!isPlainEmptyAt(data, at)) return column;
  }
  return x;
};

export const asciiAt = (line: CoreLine, x: number): string =>
  String.fromCharCode(contentAt(line, x) & codepointMask);

/** Cells [x, end) of such a run, to `offset` on of the bytes. */
export const copyAscii = (
  line: CoreLine,
  { x, end }: { readonly x: number; readonly end: number },
  to: { readonly bytes: Uint8Array; readonly offset: number },
): void => {
  const data = line._data;
  const { bytes, offset } = to;
  for (let at = x; at < end; at++) bytes[offset + at - x] = data[at * size] ?? 0;
};

export const isPlainEmpty = (line: CoreLine, x: number): boolean => isPlainEmptyAt(line._data, x * size);

export const isTinted = (line: CoreLine, x: number): boolean => {
  if (isPlainEmpty(line, x) || isAscii(contentAt(line, x))) return false;
  const view = viewCell(line, x);
  return view.width === 1 && view.text === "" && !isErasePen(view.pen);
};

export const isErasedLike = (line: CoreLine, x: number, pen: Pen): boolean => {
  const view = viewCell(line, x);
  return view.width === 1 && view.text === "" && isSamePen(view.pen, pen);
};

export const isErasedLine = (line: CoreLine, pen: Pen): boolean => {
  for (let x = 0; x < line.length; x++) if (!isErasedLike(line, x, pen)) return false;
  return true;
};
