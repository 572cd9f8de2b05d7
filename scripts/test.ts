// npm test: check, then every test. Arguments go to vitest (a path, -t NAME). With CMDOP_TEST_SKIPS=forbid a
// skipped test fails the run.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const run = (file: string, args: readonly string[]): boolean =>
  spawnSync(file, args, { stdio: ["ignore", "inherit", "inherit"] }).status === 0;

const isChecked = run("node", ["scripts/check.ts"]);

const scratch = mkdtempSync(path.join(tmpdir(), "cmdop-test-"));
const reportFile = path.join(scratch, "report.json");
const isTested = run("vitest", [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${reportFile}`,
  ...process.argv.slice(2),
]);

const report = JSON.parse(readFileSync(reportFile, "utf8")) as Report;
rmSync(scratch, { recursive: true });
const skipped = report.testResults
  .flatMap((file) => file.assertionResults)
  .filter((test) => test.status !== "passed" && test.status !== "failed");
for (const test of skipped) console.log(`skipped: ${test.fullName}`);
const areSkipsAllowed = process.env.CMDOP_TEST_SKIPS !== "forbid";
if (!areSkipsAllowed && skipped.length > 0) console.log("Skipped tests are not allowed here.");
if (!isChecked) console.log("npm run check failed; its findings stand at the top.");

console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped.length} skipped`);
process.exitCode = isChecked && isTested && (areSkipsAllowed || skipped.length === 0) ? 0 : 1;
