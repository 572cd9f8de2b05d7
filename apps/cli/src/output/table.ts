// Tables for people: aligned, as wide as the terminal at most; where what is never cut does not fit, a line for each
// value. For programs (not a terminal): tab-separated,
// no header, whole values.
import { createStyle, type Style } from "./style.ts";
import { fitText, textWidth } from "./text-width.ts";

export interface Column<Row> {
  readonly header: string;
  /** As a person reads it. Must be safe to print: see toDisplayText. */
  value(row: Row): string;
  /** As a program reads it; default: as a person does. */
  plain?(row: Row): string;
  /** Never cut: ids, and what is short anyway. */
  readonly isWhole?: boolean;
  paint?(text: string, row: Row, style: Style): string;
}

const gapCells = 2;
const shrunkCellsMin = 6;

const widthOf = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + gapCells * (widths.length - 1);

/** Widths that fit, if any do: the widest column that may be cut gives first. */
const fitWidths = (natural: readonly number[], isWhole: readonly boolean[], cells: number): number[] => {
  const widths = [...natural];
  while (widthOf(widths) > cells) {
    let widest = -1;
    for (const [index, width] of widths.entries()) {
      if (isWhole[index] || width <= shrunkCellsMin) continue;
      if (widest < 0 || width > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
};

export interface TableOptions {
  /** Cells of the terminal; undefined: not a terminal. */
  readonly columns: number | undefined;
  readonly style?: Style;
}

/** A block for each row, a line for each value. */
const formatBlocks = <Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { cells, style }: { readonly cells: readonly (readonly string[])[]; readonly style: Style },
): string => {
  const nameCells = Math.max(...columns.map(({ header }) => textWidth(header))) + gapCells;
  const block = (row: Row, values: readonly string[]): string =>
    columns
      .map(({ header, paint }, index) => {
        const value = values[index] ?? "";
        const name = style.dim(header) + " ".repeat(nameCells - textWidth(header));
        return `${name}${paint?.(value, row, style) ?? value}`.trimEnd();
      })
      .join("\n");
  return `${rows.map((row, index) => block(row, cells[index] ?? [])).join("\n\n")}\n`;
};

/** One line per row, each ended by a newline; on a terminal that is too narrow for that, a block. */
export const formatTable = <Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: TableOptions,
): string => {
  if (options.columns === undefined) {
    // A tab or newline in a value would shift the fields of whoever cuts them.
    const field = (text: string) => text.replaceAll(/[\t\r\n]+/g, " ");
    return rows
      .map((row) => `${columns.map((column) => field((column.plain ?? column.value)(row))).join("\t")}\n`)
      .join("");
  }
  const style = options.style ?? createStyle(false);
  const cells = rows.map((row) => columns.map((column) => column.value(row)));
  const natural = columns.map((column, index) =>
    Math.max(textWidth(column.header), ...cells.map((line) => textWidth(line[index] ?? ""))),
  );
  const widths = fitWidths(
    natural,
    columns.map((column) => column.isWhole === true),
    options.columns,
  );
  if (widthOf(widths) > options.columns) return formatBlocks(rows, columns, { cells, style });
  const line = (texts: readonly string[], paint: (text: string, index: number) => string): string => {
    const parts = texts.map((text, index) => {
      const fitted = fitText(text, widths[index] ?? 0);
      const isLast = index === texts.length - 1;
      const padding = isLast ? "" : " ".repeat(Math.max(0, (widths[index] ?? 0) - textWidth(fitted)));
      return paint(fitted, index) + padding;
    });
    return `${parts.join(" ".repeat(gapCells)).trimEnd()}\n`;
  };
  const header = line(
    columns.map((column) => column.header),
    (text) => style.dim(text),
  );
  const body = rows.map((row, rowIndex) =>
    line(cells[rowIndex] ?? [], (text, index) => columns[index]?.paint?.(text, row, style) ?? text),
  );
  return header + body.join("");
};
