/** Figures by what was measured and by stack. */
export class Matrix {
  readonly #figures = new Map<string, Map<string, number>>();

  add(what: string, stack: string, value: number): void {
    const known = this.#figures.get(what);
    if (known) known.set(stack, value);
    else this.#figures.set(what, new Map([[stack, value]]));
  }

  at(what: string, stack: string): number | undefined {
    return this.#figures.get(what)?.get(stack);
  }

  has(stack: string): boolean {
    return [...this.#figures.values()].some((figures) => figures.has(stack));
  }

  toObject(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    return Object.fromEntries(
      [...this.#figures].map(([what, figures]) => [what, Object.fromEntries(figures)]),
    );
  }

  /** A Markdown table, a stack a column. */
  toTable(stacks: readonly string[]): string {
    const lines = [...this.#figures].map(([what, figures]) =>
      [what, ...stacks.map((stack) => toText(figures.get(stack)))].join(" | "),
    );
    return [
      `| what | ${stacks.join(" | ")} |`,
      `|---|${stacks.map(() => "---|").join("")}`,
      ...lines.map((line) => `| ${line} |`),
    ].join("\n");
  }
}

const toText = (value: number | undefined): string => {
  if (value === undefined) return "";
  if (!Number.isFinite(value)) return "failed";
  return Math.abs(value) >= 1_000
    ? Math.round(value).toLocaleString("en")
    : String(Number(value.toPrecision(3)));
};
