import { Samples } from "../statistics.ts";

export interface OpenLoop {
  readonly perSecond: number;
  readonly count: number;
  /** Not counted; at the same rate. */
  readonly warmup: number;
  ask(index: number): Promise<unknown>;
}

export interface OpenLoopResult {
  readonly samples: Samples;
  /** How late each was asked: what this process took of its figure, for want of a processor or by its own collector. */
  readonly askedLateMs: Samples;
  readonly failed: number;
}

/**
 * Requests at a fixed rate, however long the earlier ones take, each timed from when it was due: one that waits behind
 * another pays for it. Milliseconds. Our own timers are late by up to a millisecond, which counts as theirs.
 */
export const runOpenLoop = async ({ perSecond, count, warmup, ask }: OpenLoop): Promise<OpenLoopResult> => {
  const samples = new Samples();
  const askedLateMs = new Samples();
  const stepMs = 1_000 / perSecond;
  const firstMs = performance.now() + stepMs;
  // Only those under way: kept to the end, all of them would be copied by each collection of this process.
  const asked = new Set<Promise<void>>();
  let failed = 0;
  for (let index = 0; index < warmup + count; index += 1) {
    const dueMs = firstMs + index * stepMs;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const note = (isRight: boolean): void => {
      if (index < warmup) return;
      if (isRight) samples.add(performance.now() - dueMs);
      else failed += 1;
    };
    if (index >= warmup) askedLateMs.add(Math.max(0, performance.now() - dueMs));
    const answered: Promise<void> = ask(index)
      .then(
        () => note(true),
        () => note(false),
      )
      .finally(() => asked.delete(answered));
    asked.add(answered);
  }
  await Promise.all(asked);
  return { samples, askedLateMs, failed };
};
