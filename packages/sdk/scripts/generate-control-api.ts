// npm run generate:control: the OpenAPI document of the control plane and the SDK's types of it. With --check it
// writes nothing and fails when they are not current.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import openapiTypescript, { astToString } from "openapi-typescript";

const root = path.resolve(import.meta.dirname, "../../..");
const documentFile = path.join(root, "services/control/openapi.json");
const typesFile = path.join(root, "packages/sdk/src/generated/control-api.ts");

const document = execFileSync(
  process.execPath,
  ["--disable-warning=ExperimentalWarning", path.join(root, "services/control/src/openapi-main.ts")],
  { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
);
const types = astToString(await openapiTypescript(document, { alphabetize: true }));
const files: readonly [string, string][] = [
  [documentFile, document],
  [typesFile, `// Generated from services/control/openapi.json by npm run generate:control.\n${types}`],
];

const stale = files.filter(([file, text]) => {
  try {
    return readFileSync(file, "utf8") !== text;
  } catch {
    return true;
  }
});
if (process.argv.includes("--check")) {
  for (const [file] of stale)
    console.log(`${path.relative(root, file)} is not current: npm run generate:control`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else for (const [file, text] of stale) writeFileSync(file, text);
