// Reads lines of a terminal's buffer as they are seen: text, width and pen of each column.

import { isErasePen, isSamePen, type Pen, toPen } from "./pen.ts";
import { type CoreLine, cell } from "./xterm-internals.ts";

export interface CellView {
  readonly text: string;
  /** 0 for the right half of a wide character, else 1 or 2. */
  readonly width: number;
  readonly pen: Pen;
}

const contentAt = (line: CoreLine, x: number): number => line._data[x * cell.size] ?? 0;
const widthAt = (line: CoreLine, x: number): number => contentAt(line, x) >>> cell.widthShift;
const hasTextAt = (line: CoreLine, x: number): boolean => (contentAt(line, x) & cell.contentMask) !== 0;

export const penAt = (line: CoreLine, x: number): Pen =>
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

/** One ASCII character in one column. */
const isAscii = (content: number): boolean => {
  const codepoint = content & cell.contentMask;
  return codepoint > 0x1f && codepoint < 0x7f && content >>> cell.widthShift === 1;
};

/** The end of the ASCII characters from x on that have the same pen, without extended attributes; x if there are none. */
export const asciiRun = (line: CoreLine, x: number, end: number): number => {
  const data = line._data;
  const fg = data[x * cell.size + 1];
  const bg = data[x * cell.size + 2] ?? 0;
  if ((bg & cell.bgHasExtended) !== 0) return x;
  let at = x;
  while (
    at < end &&
    isAscii(contentAt(line, at)) &&
    data[at * cell.size + 1] === fg &&
    data[at * cell.size + 2] === bg
  ) {
    at++;
  }
  return at;
};

export const asciiText = (line: CoreLine, x: number, end: number): string => {
  let text = "";
  for (let at = x; at < end; at++) text += String.fromCharCode(contentAt(line, at) & cell.codepointMask);
  return text;
};

export const isPlainEmpty = (line: CoreLine, x: number): boolean => {
  const at = x * cell.size;
  return (
    (contentAt(line, x) & cell.contentMask) === 0 && line._data[at + 1] === 0 && line._data[at + 2] === 0
  );
};

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
