// A QR code in a terminal: two rows of modules in each line of text.
import type { Style } from "./style.ts";

const margin = 2;

/** `rows`: of 0 (light) and 1 (dark). Black on white where there are colours; else light is drawn, as on a dark screen. */
export const toQrLines = (
  rows: readonly string[],
  { isColoured }: Pick<Style, "isColoured">,
): readonly string[] => {
  const width = (rows[0]?.length ?? 0) + 2 * margin;
  const blank = "0".repeat(width);
  const side = "0".repeat(margin);
  const all = [
    ...Array.from({ length: margin }, () => blank),
    ...rows.map((row) => `${side}${row}${side}`),
    ...Array.from({ length: margin }, () => blank),
  ];
  const lines: string[] = [];
  for (let at = 0; at < all.length; at += 2) {
    const above = all[at] ?? blank;
    const below = all[at + 1] ?? blank;
    const text = [...above]
      .map((module, x) => blockOf(module === "1", below[x] === "1", isColoured))
      .join("");
    lines.push(isColoured ? `\u001b[38;5;16;48;5;231m${text}\u001b[0m` : text);
  }
  return lines;
};

const blockOf = (isDarkAbove: boolean, isDarkBelow: boolean, isDarkDrawn: boolean): string => {
  const isAbove = isDarkAbove === isDarkDrawn;
  const isBelow = isDarkBelow === isDarkDrawn;
  if (isAbove && isBelow) return "█";
  if (isAbove) return "▀";
  return isBelow ? "▄" : " ";
};
