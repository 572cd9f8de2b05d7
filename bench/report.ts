/** One figure with what it is held against. */
export interface Row {
  readonly what: string;
  readonly ours: number;
  readonly unit: string;
  /** A peer measured in the same run, and what it gave. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** What the figure should reach: the figure itself, or its ratio to the peer. */
  readonly target?: { readonly atMost?: number; readonly atLeast?: number; readonly of: "figure" | "ratio" };
  /** The other percentiles, counts and notes. */
  readonly detail?: string;
}

const round = (value: number): string =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));

const ratioOf = (row: Row): number | undefined => (row.peer ? row.ours / row.peer.value : undefined);

/** Whether the row reaches its target; undefined without one, and where the peer that it needs was not measured. */
export const isReached = (row: Row): boolean | undefined => {
  if (!row.target) return undefined;
  const value = row.target.of === "ratio" ? ratioOf(row) : row.ours;
  if (value === undefined) return undefined;
  return value <= (row.target.atMost ?? Infinity) && value >= (row.target.atLeast ?? -Infinity);
};

const reachedText = (row: Row): string => {
  const reached = isReached(row);
  if (reached === undefined) return row.target ? "not measured: peer absent" : "";
  return reached ? "yes" : "**no**";
};

const targetText = ({ target }: Row): string => {
  if (!target) return "";
  const suffix = target.of === "ratio" ? "×" : "";
  return target.atMost === undefined
    ? `≥ ${round(target.atLeast ?? 0)}${suffix}`
    : `≤ ${round(target.atMost)}${suffix}`;
};

/** A Markdown table of all rows. */
export const toTable = (rows: readonly Row[]): string => {
  const lines = rows.map((row) => {
    const ratio = ratioOf(row);
    return [
      row.what,
      `${round(row.ours)} ${row.unit}`,
      row.peer ? `${row.peer.name}: ${round(row.peer.value)} ${row.unit}` : "",
      ratio === undefined ? "" : `${round(ratio)}×`,
      targetText(row),
      reachedText(row),
      row.detail ?? "",
    ].join(" | ");
  });
  return [
    "| what | ours | peer | ratio | to reach | reached | detail |",
    "|---|---|---|---|---|---|---|",
    ...lines.map((line) => `| ${line} |`),
  ].join("\n");
};
