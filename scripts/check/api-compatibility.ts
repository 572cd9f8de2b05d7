// The control plane's API against the document that was last published. `--accept` publishes the current one: with a
// release, or when the break is meant.
import { copyFileSync, readFileSync } from "node:fs";
import process from "node:process";
import { findApiBreaks } from "./api-breaks.ts";

const currentFile = "services/control/openapi.json";
const publishedFile = "services/control/openapi.published.json";

if (process.argv.includes("--accept")) copyFileSync(currentFile, publishedFile);
const [published, current] = [publishedFile, currentFile].map((file) =>
  JSON.parse(readFileSync(file, "utf8")),
);
const breaks = findApiBreaks({ published, current });
for (const text of breaks) process.stderr.write(`${text}\n`);
if (breaks.length > 0) {
  process.stderr.write(
    "The API would break its users. When it is meant: node scripts/check/api-compatibility.ts --accept\n",
  );
  process.exitCode = 1;
}
