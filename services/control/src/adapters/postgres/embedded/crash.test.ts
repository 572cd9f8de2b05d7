import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SeededRandom, testSeed } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** CMDOP_TEST_CRASH_ROUNDS=1000 for the long run. */
const rounds = Number(process.env.CMDOP_TEST_CRASH_ROUNDS ?? 100);
/** Each has a directory and a process of its own; more would only wait for the processor. */
const lanes = 2;
const child = new URL("./testing/commit-loop.ts", import.meta.url);
/** Most of a round is the start of a process. */
const compileCache = mkdtempSync(join(tmpdir(), "cmdop-crash-cache-"));

interface Round {
  readonly found: { readonly newest: number; readonly rows: number; readonly torn: number };
  readonly acknowledged: number;
}

/** Runs the loop until `acknowledgements` of it and `afterMs` more, then kills it. */
const crash = async (directory: string, acknowledgements: number, afterMs: number): Promise<Round> => {
  const process_ = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", child.pathname, directory, "4000"],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NODE_COMPILE_CACHE: compileCache } },
  );
  const exited = once(process_, "exit");
  let found: Round["found"] | undefined;
  let acknowledged = 0;
  let remaining = acknowledgements;
  const lines = createInterface({ input: process_.stdout });
  for await (const line of lines) {
    const [word, ...numbers] = line.split(" ");
    const [newest = 0, rows = 0, torn = 0] = numbers.map(Number);
    if (word === "found") found = { newest, rows, torn };
    if (word === "acknowledged") acknowledged = newest;
    // What it says before it is dead counts: it was acknowledged.
    if (remaining === 0) setTimeout(() => process_.kill("SIGKILL"), afterMs);
    remaining -= 1;
  }
  await exited;
  if (found === undefined) throw new Error("The process ended before it opened its database.");
  return { found, acknowledged: Math.max(acknowledged, found.newest) };
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
      const seed = testSeed();
      const lane = async (number: number): Promise<number> => {
        const random = new SeededRandom(seed + number);
        const directory = join(root, `lane-${number}`);
        let acknowledged = 0;
        let done = 0;
        for (; done < Math.ceil(rounds / lanes); done += 1) {
          const round = await crash(directory, Math.floor(random.fraction() * 30), random.fraction() * 10);
          const { newest, rows, torn } = round.found;
          // One transaction may have been committed and not yet acknowledged.
          expect([acknowledged, acknowledged + 1]).toContain(newest);
          expect({ rows, torn }).toEqual({ rows: 2 * newest, torn: 0 });
          acknowledged = round.acknowledged;
        }
        return done;
      };
      const done = await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
      expect(done.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(rounds);
    },
    10_000 * rounds,
  );
});
