// Writes the pages that are generated from code; with --check, says which are stale instead.
import { readFileSync, writeFileSync } from "node:fs";
import { accessPage } from "./generate-docs/access-page.ts";
import { cliPage } from "./generate-docs/cli-page.ts";
import { failuresPage } from "./generate-docs/failures-page.ts";

const pages: Readonly<Record<string, () => string>> = {
  "docs/reference/access.md": accessPage,
  "docs/reference/cli.md": cliPage,
  "docs/reference/failures.md": failuresPage,
};

const readOrEmpty = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
};

const stale = Object.entries(pages).filter(([file, render]) => readOrEmpty(file) !== render());
if (process.argv.includes("--check")) {
  for (const [file] of stale) console.error(`${file} is stale. Run: npm run docs`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const [file, render] of stale) writeFileSync(file, render());
}
