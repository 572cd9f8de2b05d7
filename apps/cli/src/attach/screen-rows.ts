// Rows of an emulator's screen as bytes that draw them on another terminal, whatever is there.
import type { IBuffer, IBufferCell, IBufferLine } from "@xterm/headless";

const csi = "\u001b[";

const colour = (value: number, isRgb: boolean, isPalette: boolean, base: number): string[] => {
  if (isRgb) return [`${base + 8}`, "2", `${(value >> 16) & 255}`, `${(value >> 8) & 255}`, `${value & 255}`];
  if (!isPalette) return [];
  if (value < 8) return [`${base + value}`];
  return value < 16 ? [`${base + 60 + value - 8}`] : [`${base + 8}`, "5", `${value}`];
};

const penOf = (cell: IBufferCell): string => {
  if (cell.isAttributeDefault()) return "";
  const flags: readonly (readonly [number, string])[] = [
    [cell.isBold(), "1"],
    [cell.isDim(), "2"],
    [cell.isItalic(), "3"],
    [cell.isUnderline(), "4"],
    [cell.isBlink(), "5"],
    [cell.isInverse(), "7"],
    [cell.isInvisible(), "8"],
    [cell.isStrikethrough(), "9"],
    [cell.isOverline(), "53"],
  ];
  return [
    ...flags.flatMap(([isOn, code]) => (isOn ? [code] : [])),
    ...colour(cell.getFgColor(), cell.isFgRGB(), cell.isFgPalette(), 30),
    ...colour(cell.getBgColor(), cell.isBgRGB(), cell.isBgPalette(), 40),
  ].join(";");
};

export interface RowWindow {
  /** First column shown. */
  readonly left: number;
  /** Columns shown. */
  readonly cols: number;
}

/** One row from column `left`, without a position; every cell is drawn. */
export const drawRow = (line: IBufferLine, { left, cols }: RowWindow, spare: IBufferCell): string => {
  let out = "";
  let pen = "";
  for (let x = left; x < left + cols; x += 1) {
    const cell = line.getCell(x, spare);
    const width = cell?.getWidth() ?? 1;
    // The second half of a wide character, which is drawn with its first; alone at the edge it is a blank.
    if (width === 0 && x > left) continue;
    const next = cell ? penOf(cell) : "";
    if (next !== pen) out += `${csi}0${next === "" ? "" : `;${next}`}m`;
    pen = next;
    const text = cell?.getChars() ?? "";
    const isCut = width === 2 && x + 1 >= left + cols;
    out += text === "" || width === 0 || isCut ? " " : text;
    // Terminals do not agree on the width of clusters: the column is said again.
    if (text.length > 1 || width === 2) out += `${csi}${x - left + width + 1}G`;
  }
  return pen === "" ? out : `${out}${csi}0m`;
};

/** The part of a screen that a smaller window shows: the one with the cursor. */
export const followCursor = (
  buffer: IBuffer,
  window: { readonly cols: number; readonly rows: number },
): { readonly left: number; readonly top: number } => ({
  left: Math.max(0, buffer.cursorX - window.cols + 1),
  top: Math.max(0, buffer.cursorY - window.rows + 1),
});
