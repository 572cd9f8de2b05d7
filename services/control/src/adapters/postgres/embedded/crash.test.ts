import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SeededRandom, testSeed } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Kills of a database. CMDOP_TEST_CRASH_ROUNDS=1000 for the long run. */
const rounds = Number(process.env.CMDOP_TEST_CRASH_ROUNDS ?? 100);
/** Die together with their process, each in the middle of something else. Most of a round is the start of a process. */
const databases = 4;
/** Of each database, before its process is killed. */
const acknowledgementsMax = 30;
const child = new URL("./testing/commit-loop.ts", import.meta.url);
const compileCache = mkdtempSync(join(tmpdir(), "cmdop-crash-cache-"));

interface Round {
  /** Undefined: killed before it was open. */
  readonly found?: { readonly newest: number; readonly rows: number; readonly torn: number };
  readonly acknowledged: number;
}

/** Runs the loops until so many `lines` of them, whichever they are of, and `afterMs` more, then kills the process. */
const crash = async (
  directories: readonly string[],
  lines: number,
  afterMs: number,
): Promise<readonly Round[]> => {
  const process_ = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", child.pathname, "4000", ...directories],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NODE_COMPILE_CACHE: compileCache } },
  );
  const exited = once(process_, "exit");
  const outcome: Round[] = directories.map(() => ({ acknowledged: 0 }));
  let remaining = lines;
  for await (const line of createInterface({ input: process_.stdout })) {
    const [index = "", word, ...numbers] = line.split(" ");
    const [newest = 0, rows = 0, torn = 0] = numbers.map(Number);
    // What it says before it is dead counts: it was acknowledged.
    outcome[Number(index)] = {
      ...(word === "found" ? { found: { newest, rows, torn } } : outcome[Number(index)]),
      acknowledged: newest,
    };
    remaining -= 1;
    if (remaining === 0) setTimeout(() => process_.kill("SIGKILL"), afterMs);
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return outcome;
};

describe("the embedded engine killed in a loop of commits", () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "cmdop-crash-"));
  });
  afterAll(() => {
    for (const directory of [root, compileCache]) rmSync(directory, { recursive: true });
  });

  it(
    `loses no acknowledged transaction in ${rounds} rounds, and none is there by half`,
    async () => {
      const random = new SeededRandom(testSeed());
      const directories = Array.from({ length: databases }, (_, index) => join(root, `database-${index}`));
      const acknowledged = directories.map(() => 0);
      // Each has to be found so often: one that does not open again would hold the test up, not be passed over.
      const found = directories.map(() => 0);
      while (Math.min(...found) < rounds / databases) {
        const lines = 1 + Math.floor(random.fraction() * databases * acknowledgementsMax);
        const outcome = await crash(directories, lines, random.fraction() * 10);
        for (const [index, round] of outcome.entries()) {
          if (round.found === undefined) continue;
          const { newest, rows, torn } = round.found;
          const before = acknowledged[index] ?? 0;
          // One transaction may have been committed and not yet acknowledged.
          expect([before, before + 1]).toContain(newest);
          expect({ rows, torn }).toEqual({ rows: 2 * newest, torn: 0 });
          acknowledged[index] = round.acknowledged;
          found[index] = (found[index] ?? 0) + 1;
        }
      }
    },
    10_000 * rounds,
  );
});
