import { Help, type HelpConfiguration } from "commander";

const cellsMax = 110;
/** Fewer than these beside the terms, and a description stands below its term. */
const besideCellsMin = 40;
const wrappedCellsMin = 20;
const belowIndent = " ".repeat(6);

/** How help stands on a terminal of `columns` cells; undefined: none. */
export const createHelpLayout = (columns = 100) => {
  const cells = Math.min(columns, cellsMax);
  const help = new Help();
  help.helpWidth = cells;
  help.minWidthToWrap = wrappedCellsMin;
  const item = (term: string, termCells: number, description: string, { style = help } = {}): string => {
    if (!description || cells - termCells - 4 >= besideCellsMin) {
      return help.formatItem(term, termCells, description, style);
    }
    const lines = help.boxWrap(description, cells - belowIndent.length).split("\n");
    return [`  ${term}`, ...lines.map((line) => `${belowIndent}${line}`)].join("\n");
  };
  const configuration: HelpConfiguration = {
    minWidthToWrap: wrappedCellsMin,
    formatItem: (term, termCells, description, style) => item(term, termCells, description, { style }),
  };
  return {
    cells,
    configuration,
    paragraph: (text: string): string => help.boxWrap(text, cells),
    /** Terms and what they are about, one below the other. */
    items: (rows: readonly (readonly [term: string, about: string])[]): string => {
      const termCells = Math.max(...rows.map(([term]) => term.length));
      return rows.map(([term, about]) => item(term, termCells, about)).join("\n");
    },
  };
};

export type HelpLayout = ReturnType<typeof createHelpLayout>;
