// What a benchmark leaves behind: its table on the screen, a JSON file, and on demand its block in the reference page.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const page = "docs/reference/benchmarks.md";

export interface Published {
  /** "live": names the JSON file and the block `<!-- bench:live -->` of the page. */
  readonly name: string;
  /** Markdown: one table or several. */
  readonly text: string;
  /** Every figure behind it. */
  readonly figures: Readonly<Record<string, unknown>>;
  readonly writeDocs: boolean;
}

export const publish = ({ name, text, figures, writeDocs }: Published): void => {
  const machine = machineText();
  const at = new Date().toISOString();
  console.log(`${machine}\n\n${text}`);
  mkdirSync("bench/results", { recursive: true });
  writeFileSync(
    `bench/results/${name}.json`,
    `${JSON.stringify({ at, machine, ...figures }, undefined, 2)}\n`,
  );
  if (!writeDocs) return;
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const before = readFileSync(page, "utf8");
  const from = before.indexOf(begin);
  const to = before.indexOf(end);
  if (from === -1 || to < from) throw new Error(`${page} has no block ${begin} … ${end}`);
  const block = `${begin}\n\n${machine}, ${at.slice(0, 10)}\n\n${text}\n\n`;
  writeFileSync(page, before.slice(0, from) + block + before.slice(to));
};

const machineText = (): string => {
  const cpu = /model name\s*: (.+)/.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "unknown";
  const cores = (readFileSync("/proc/cpuinfo", "utf8").match(/^processor/gm) ?? []).length;
  return `${cpu}, ${cores} cores, Node ${process.versions.node}, ${path.basename(process.platform)}`;
};
