// The measurements. Stacks take turns in a seeded random order, round by round, so that a slow minute of a shared
// machine meets all of them; what is added is the difference to the direct call of the same round.
import { SeededRandom, waitFor } from "@cmdop/testkit";
import { cpuMsOf, residentBytesOf } from "../process-usage.ts";
import { median } from "../statistics.ts";
import { Connection } from "./connection.ts";
import { isRight, type Load, runLoad, type Stream, toRequest } from "./load.ts";
import type { Stack } from "./stacks.ts";

export interface RoundOptions {
  readonly stacks: readonly Stack[];
  readonly rounds: number;
  readonly seed: number;
  readonly say: (text: string) => void;
  /** Before each turn of a stack, not measured. */
  readonly wake: (stack: Stack) => Promise<unknown>;
}

/** One stack in one round. */
export interface Sample extends Load {
  /** Of the stack's process, in microseconds. */
  readonly cpuUs: number;
}

/** By the stack's name, one sample a round. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/**
 * Each stack rests while the others have their turn, and what rested is cold: the larger a process, the more it pays.
 * So each begins its turn with the same short load, untimed.
 */
export const inRounds = async (
  { stacks, rounds, seed, say, wake }: RoundOptions,
  load: (stack: Stack) => Promise<Load>,
): Promise<Samples> => {
  const random = new SeededRandom(seed);
  const samples = new Map<string, Sample[]>(stacks.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const stack of shuffled(stacks, random)) {
      await wake(stack);
      const before = cpuMsOf(stack.pid);
      const result = await load(stack);
      const cpuUs = (cpuMsOf(stack.pid) - before) * 1_000;
      if (result.errors > 0) say(`  ${stack.name}: ${result.errors} errors`);
      samples.get(stack.name)?.push({ ...result, cpuUs });
    }
  }
  return samples;
};

const shuffled = (stacks: readonly Stack[], random: SeededRandom): Stack[] =>
  stacks
    .map((stack) => ({ stack, place: random.fraction() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ stack }) => stack);

/** The median over the rounds of one figure of each. */
export const figureOf = (samples: Samples, name: string, read: (sample: Sample) => number): number =>
  median((samples.get(name) ?? []).map(read));

/** The median over the rounds of what the stack's figure is above the direct call's. */
export const addedTo = (samples: Samples, name: string, read: (sample: Sample) => number): number => {
  const direct = samples.get("direct") ?? [];
  return median(
    (samples.get(name) ?? []).map((sample, round) => {
      const base = direct[round];
      return base ? read(sample) - read(base) : Number.NaN;
    }),
  );
};

/** Code is compiled by use: every stack gets the same before it is measured. */
export const warmUp = async (stacks: readonly Stack[], forMs: number): Promise<void> => {
  for (const stack of stacks) {
    await runLoad({ stack, connections: 32, forMs });
    await runLoad({ stack, connections: 32, forMs, stream: { deltas: 20, paceMs: 0 } });
  }
};

export interface Crowd {
  readonly streams: number;
  /** Those that were not answered in full. */
  readonly errors: number;
  /** All had their first content before one of them had ended. */
  readonly wereTogether: boolean;
  readonly firstContentP99Ms: number;
  readonly cpuUsPerDelta: number;
}

/** A stack has so long for a crowd; what is not whole by then is an error. */
export const crowdMs = 90_000;

/** So many streams at a time, all of them open before the first one ends. */
export const runCrowd = async (stack: Stack, streams: number, stream: Stream): Promise<Crowd> => {
  const request = toRequest(stack, stream);
  const connections: Connection[] = [];
  // In hundreds: a burst of connects over the listener's backlog would measure the kernel.
  while (connections.length < streams)
    connections.push(...(await Promise.all(Array.from({ length: 100 }, () => Connection.open(stack.port)))));
  const before = cpuMsOf(stack.pid);
  const startMs = performance.now();
  const close = (): void => {
    for (const connection of connections) connection.close();
  };
  const patience = setTimeout(close, crowdMs);
  const answers = await Promise.all(
    connections.map(async (connection) => {
      const askedMs = performance.now() - startMs;
      return { askedMs, answer: await connection.request(request) };
    }),
  );
  const cpuUs = (cpuMsOf(stack.pid) - before) * 1_000;
  clearTimeout(patience);
  close();
  const right = answers.filter(({ answer }) => isRight(answer, stream));
  const begins = right.map(({ askedMs, answer }) => askedMs + (answer.firstContentMs ?? Infinity));
  const ends = right.map(({ askedMs, answer }) => askedMs + answer.totalMs);
  const sorted = right.map(({ answer }) => answer.firstContentMs ?? Infinity).toSorted((a, b) => a - b);
  return {
    streams,
    errors: answers.length - right.length,
    wereTogether: Math.max(...begins) < Math.min(...ends),
    firstContentP99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN,
    cpuUsPerDelta: cpuUs / (streams * stream.deltas),
  };
};

export interface Memory {
  readonly idleBytes: number;
  readonly peakBytes: number;
  readonly afterBytes: number;
  readonly answers: number;
  readonly errors: number;
}

/** A fresh process, then so many streams, a hundred at a time, then rest. */
export const measureMemory = async (stack: Stack, streams: number, restMs: number): Promise<Memory> => {
  const idleBytes = await lowest(stack.pid, 3_000);
  let peakBytes = idleBytes;
  const look = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytesOf(stack.pid));
  }, 100);
  const { answers, errors } = await runLoad({
    stack,
    connections: 100,
    count: streams,
    // A stack that takes longer has fewer behind it; its figure says how many.
    forMs: 60_000,
    stream: { deltas: 64, paceMs: 0 },
  });
  clearInterval(look);
  return { idleBytes, peakBytes, afterBytes: await lowest(stack.pid, restMs), answers, errors };
};

/** The least of the looks over some time. */
const lowest = async (pid: number, forMs: number): Promise<number> => {
  let least = Number.POSITIVE_INFINITY;
  const endMs = performance.now() + forMs;
  await waitFor(
    () => {
      least = Math.min(least, residentBytesOf(pid));
      return performance.now() >= endMs;
    },
    { timeoutMs: forMs + 5_000, everyMs: 200 },
  );
  return least;
};
