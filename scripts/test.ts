// npm test: every test, and check beside them. Arguments go to vitest (a path, -t NAME). With CMDOP_TEST_SKIPS=forbid
// a skipped test fails the run.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { constants, freemem, setPriority, tmpdir } from "node:os";
import path from "node:path";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

interface Finding {
  readonly isWell: boolean;
  readonly output: string;
}

// Memory is at stake: whatever ends this run, what it wrote there is removed. ^C reaches the children by the terminal.
const children = new Set<ChildProcess>();
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
  });
}

/** Computes where the tests wait, a fifth of their time, and takes nothing from them: it has the lowest priority. */
const check = async (): Promise<Finding> => {
  const child = spawn("node", ["scripts/check.ts"], { stdio: ["ignore", "pipe", "pipe"] });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  children.add(child);
  const [code] = await once(child, "close");
  return { isWell: code === 0, output };
};

const run = async (file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> => {
  const child = spawn(file, args, { stdio: ["ignore", "inherit", "inherit"], env });
  children.add(child);
  const [code] = await once(child, "exit");
  return code === 0;
};

const spaceNeededBytes = 4 * 1024 ** 3;

/**
 * Where the tests' homes and databases lie: in memory where there is room, since they sync their files as production
 * does and no test needs a disk under them. Programs are written there and run too.
 */
const scratchRoot = (): string => {
  const memory = "/dev/shm";
  try {
    const { bavail, bsize } = statfsSync(memory);
    if (bavail * bsize < spaceNeededBytes || freemem() < spaceNeededBytes) return tmpdir();
    const probe = mkdtempSync(path.join(memory, "cmdop-"));
    const program = path.join(probe, "probe");
    writeFileSync(program, "#!/bin/sh\n", { mode: 0o700 });
    const { status } = spawnSync(program);
    rmSync(probe, { recursive: true });
    return status === 0 ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
};

const checking = check();

// Short, since the names of sockets in it are bounded; and entered by PostgreSQL's own user too.
const scratch = mkdtempSync(path.join(scratchRoot(), "cmdop-"));
chmodSync(scratch, 0o711);
const reportFile = path.join(scratch, "report.json");
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
const isTested = await run("vitest", ["run", ...reporters, ...process.argv.slice(2)], {
  ...process.env,
  TMPDIR: scratch,
  // Vitest's own processes, one for each file of some suites, compile the libraries once as well.
  NODE_COMPILE_CACHE: path.resolve("node_modules/.cache/compile"),
});
const checked = await checking;
console.log(`\nnpm run check:\n${checked.output}`);

/** Undefined: the tests were cut off, or never began. */
const readReport = (): Report | undefined => {
  try {
    return JSON.parse(readFileSync(reportFile, "utf8")) as Report;
  } catch {
    return undefined;
  }
};

/** Whether nothing was skipped that may not be. */
const sumUp = ({ numPassedTests, numFailedTests, testResults }: Report): boolean => {
  const skipped = testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.status !== "passed" && test.status !== "failed");
  for (const test of skipped) console.log(`skipped: ${test.fullName}`);
  const isAllowed = skipped.length === 0 || process.env.CMDOP_TEST_SKIPS !== "forbid";
  if (!isAllowed) console.log("Skipped tests are not allowed here.");
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${skipped.length} skipped`);
  return isAllowed;
};

const report = readReport();
// What was cut off may still be writing.
rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
if (!checked.isWell) console.log("npm run check failed; its findings stand above.");
if (!report) console.log("The tests did not come to their end.");
process.exitCode = report && sumUp(report) && checked.isWell && isTested ? 0 : 1;
