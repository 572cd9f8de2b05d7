// Every link, repository path and command that a document names exists, and every setting of a process has its words.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { findProblems, findUnwritten, variablesIn } from "./document-problems.ts";

const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
})
  .split("\n")
  .filter(Boolean);
const files = new Set(tracked);
const scripts = Object.keys(
  (JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> }).scripts,
);

const read = (file: string): string => readFileSync(file, "utf8");
const documents = tracked.filter((file) => file.endsWith(".md"));
const settings = tracked.filter((file) => /^(services|apps)\/[^/]+\/src\/config\.ts$/.test(file));
const pages = documents.filter((file) => /^docs\/(reference|how-to)\//.test(file));

const problems = [
  ...documents.flatMap((file) => findProblems({ file, text: read(file), files, scripts, read })),
  ...findUnwritten(
    settings.flatMap((file) => variablesIn(read(file))),
    pages.map(read),
  ),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
