// npm run bench:router: the router beside other gateways and beside the least that a relay can be, in one run.
// --only NAME,… runs some sections; --stacks NAME,… some stacks; --quick shortens; --write-docs writes the page.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { testSeed } from "@cmdop/testkit";
import { publish } from "../publish.ts";
import { isReached, type Row, toTable } from "../report.ts";
import { runLoad } from "./load.ts";
import { Matrix } from "./matrix.ts";
import {
  addedTo,
  crowdMs,
  figureOf,
  inRounds,
  measureMemory,
  runCrowd,
  type Sample,
  warmUp,
} from "./measures.ts";
import { peers } from "./peers/peers.ts";
import { openFloor, openOurs, openPeer, openUpstream, pinLoad, type Stack } from "./stacks.ts";

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    stacks: { type: "string" },
    quick: { type: "boolean", default: false },
    "write-docs": { type: "boolean", default: false },
  },
});
const seed = testSeed();
const say = (text: string): void => console.error(text);
const [floor, ours, portkey] = ["bare relay", "cmdop", "Portkey"];
const rounds = flags.quick ? 3 : 7;
const directory = mkdtempSync(path.join(tmpdir(), "cmdop-bench-router-"));
const matrix = new Matrix();
const absent = new Map<string, string>();
const rows: Row[] = [];
const wantedStacks = flags.stacks?.split(",");
const isWanted = (name: string): boolean => wantedStacks?.includes(name) ?? true;

const upstream = await openUpstream(directory);

/** Every stack that is there, the direct call first. */
const openers: readonly { readonly name: string; open(): Promise<Stack | undefined> }[] = [
  { name: floor, open: () => openFloor(upstream, directory) },
  { name: ours, open: () => openOurs(upstream, directory) },
  ...peers.map((peer) => ({
    name: peer.name,
    open: () => openPeer(peer, upstream, { directory, say, absent }),
  })),
].filter(({ name }) => isWanted(name));

const withStacks = async (work: (stacks: readonly Stack[]) => Promise<void>): Promise<void> => {
  const stacks: Stack[] = [];
  try {
    for (const { open } of openers) {
      const stack = await open();
      if (stack) stacks.push(stack);
    }
    const all = [upstream, ...stacks];
    await warmUp(all, flags.quick ? 1_500 : 4_000);
    await work(all);
  } finally {
    for (const stack of stacks) await stack.close();
  }
};

const percentile = (fraction: number) => (sample: Sample) => sample.totalMs.percentile(fraction);
const firstContent = (fraction: number) => (sample: Sample) => sample.firstContentMs.percentile(fraction);

const plain = async (): Promise<void> =>
  withStacks(async (stacks) => {
    const turns = { stacks, rounds, seed, say };
    const alone = await inRounds(
      { ...turns, wake: (stack) => runLoad({ stack, connections: 1, count: 300 }) },
      (stack) => runLoad({ stack, connections: 1, count: 300 }),
    );
    const many = await inRounds(
      { ...turns, wake: (stack) => runLoad({ stack, connections: 32, forMs: 3_000 }) },
      (stack) => runLoad({ stack, connections: 32, forMs: flags.quick ? 1_000 : 2_000 }),
    );
    const rate = (sample: Sample): number => (sample.answers / sample.elapsedMs) * 1_000;
    for (const { name } of stacks) {
      matrix.add("requests/s, 32 connections", name, figureOf(many, name, rate));
      const cpu = (sample: Sample): number => sample.cpuUs / sample.answers;
      matrix.add("CPU of its process, µs a request", name, figureOf(many, name, cpu));
      matrix.add("p50 at 1 connection, ms", name, figureOf(alone, name, percentile(0.5)));
      if (name === upstream.name) continue;
      for (const [text, fraction] of [
        ["p50", 0.5],
        ["p99", 0.99],
      ] as const) {
        matrix.add(`added ${text} at 1 connection, ms`, name, addedTo(alone, name, percentile(fraction)));
        matrix.add(`added ${text} at 32 connections, ms`, name, addedTo(many, name, percentile(fraction)));
      }
    }
    row("requests/s, 32 connections", "1/s", floor, { atLeast: 0.8, of: "ratio" });
    row("requests/s, 32 connections", "1/s", portkey, { atLeast: 5, of: "ratio" });
    row("CPU of its process, µs a request", "µs", floor);
    row("CPU of its process, µs a request", "µs", portkey);
    row("added p50 at 1 connection, ms", "ms", floor, { atMost: 0.5, of: "figure" });
  });

const streams = async (): Promise<void> =>
  withStacks(async (stacks) => {
    const turns = { stacks, rounds, seed, say };
    const short = { deltas: 4, paceMs: 0 };
    const long = { deltas: 64, paceMs: 20 };
    const begin = await inRounds(
      { ...turns, wake: (stack) => runLoad({ stack, connections: 1, count: 300, stream: short }) },
      (stack) => runLoad({ stack, connections: 1, count: 100, stream: short }),
    );
    const paced = await inRounds(
      {
        ...turns,
        rounds: Math.ceil(rounds / 2),
        wake: (stack) => runLoad({ stack, connections: 32, forMs: 3_000, stream: short }),
      },
      (stack) => runLoad({ stack, connections: 64, count: 64, stream: long }),
    );
    for (const { name } of stacks) {
      const cpu = (sample: Sample): number => sample.cpuUs / (sample.answers * long.deltas);
      matrix.add("CPU of its process, µs a streamed chunk", name, figureOf(paced, name, cpu));
      if (name === upstream.name) continue;
      matrix.add("added p50 to the first token, ms", name, addedTo(begin, name, firstContent(0.5)));
      matrix.add("added p99 to the first token, ms", name, addedTo(begin, name, firstContent(0.99)));
    }
    row("CPU of its process, µs a streamed chunk", "µs", floor);
    row("CPU of its process, µs a streamed chunk", "µs", portkey);
    row("added p50 to the first token, ms", "ms", floor, { atMost: 1, of: "figure" });
  });

const crowd = async (): Promise<void> =>
  withStacks(async (stacks) => {
    for (const stack of stacks) {
      const { crowd: size = 1_000 } = stack;
      const result = await runCrowd(stack, size, { deltas: 20, paceMs: 400 });
      say(`  ${stack.name}: ${JSON.stringify(result)}`);
      matrix.add("streams at a time", stack.name, size);
      matrix.add("errors in them", stack.name, result.errors);
      matrix.add("first token among them, p99, ms", stack.name, result.firstContentP99Ms);
      if (stack.name !== ours) continue;
      rows.push({
        what: "errors in 1,000 streams at a time, on one core",
        ours: result.errors,
        unit: "",
        target: { atMost: 0, of: "figure" },
        detail: `${result.wereTogether ? "all open together" : "not all open together"}; ${result.cpuUsPerDelta.toFixed(1)} µs a chunk`,
      });
    }
  });

const memory = async (): Promise<void> => {
  for (const { open } of openers) {
    const stack = await open();
    if (!stack) continue;
    const { name } = stack;
    const result = await measureMemory(stack, 10_000, 30_000).finally(() => stack.close());
    const mib = (bytes: number): number => bytes / (1 << 20);
    matrix.add("memory idle, MiB", name, mib(result.idleBytes));
    matrix.add("memory at the most, MiB", name, mib(result.peakBytes));
    matrix.add("memory after them, MiB", name, mib(result.afterBytes));
    matrix.add("streams of the memory run (at most a minute)", name, result.answers);
    if (result.errors > 0) say(`  ${name}: ${result.errors} errors`);
    if (name !== ours) continue;
    rows.push({
      what: `memory after ${result.answers} streams`,
      ours: mib(result.afterBytes),
      unit: "MiB",
      peer: { name: "the same process idle", value: mib(result.idleBytes) },
      target: { atMost: 1.2, of: "ratio" },
      detail: `at the most ${Math.round(mib(result.peakBytes))} MiB; 30 s of rest`,
    });
  }
};

/** Our figure held against another stack's of the same run; left out where one of them was not measured. */
const row = (what: string, unit: string, peer: string, target?: Row["target"]): void => {
  const value = matrix.at(what, ours);
  const other = matrix.at(what, peer);
  if (value === undefined) return;
  rows.push({
    what,
    ours: value,
    unit,
    ...(other === undefined || !Number.isFinite(other)
      ? { detail: `${peer} ${matrix.has(peer) ? "gave none" : "is absent"}` }
      : { peer: { name: peer, value: other } }),
    ...(target && { target }),
  });
};

if (!pinLoad()) say("No taskset, or one core: the load and the stacks share what there is.");
say(`seed ${seed}`);
const sections = { plain, streams, crowd, memory };
const wanted = flags.only?.split(",") ?? Object.keys(sections);
try {
  for (const [name, run] of Object.entries(sections)) {
    if (!wanted.includes(name)) continue;
    say(`${name} …`);
    await run();
  }
} finally {
  await upstream.close();
  rmSync(directory, { recursive: true, force: true });
}

const bounds = `No turn is longer than ten seconds, so a slow stack's figures are of fewer requests; a stack has ${crowdMs / 1_000} s for its streams at a time, and what is not whole by then is an error.`;
const notThere = peers
  .filter(({ name }) => !matrix.has(name))
  .map(({ name }) => `${name} (${absent.get(name) ?? "not asked for"})`);
const versions = peers.map(({ name, version }) => `${name}: ${version}`).join(", ");
publish({
  name: "router",
  text: [
    matrix.toTable([upstream.name, floor, ours, ...peers.map(({ name }) => name)]),
    toTable(rows),
    `${versions}.${notThere.length > 0 ? ` Not there: ${notThere.join(", ")}.` : ""} ${bounds}`,
  ].join("\n\n"),
  figures: { seed, rounds, versions, matrix: matrix.toObject(), rows },
  writeDocs: flags["write-docs"],
});
const missed = rows.filter((row) => isReached(row) === false);
if (missed.length > 0) say(`\nNot reached: ${missed.map(({ what }) => what).join("; ")}`);
process.exit(0);
