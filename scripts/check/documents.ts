// Every link, repository path and command that a document names exists.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { findProblems } from "./document-problems.ts";

const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
})
  .split("\n")
  .filter(Boolean);
const files = new Set(tracked);
const scripts = Object.keys(
  (JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> }).scripts,
);

const problems = tracked
  .filter((file) => file.endsWith(".md"))
  .flatMap((file) => findProblems({ file, text: readFileSync(file, "utf8"), files, scripts }));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
