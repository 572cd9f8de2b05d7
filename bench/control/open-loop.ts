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
  readonly failed: number;
}

/**
 * Requests at a fixed rate, however long the earlier ones take, each timed from when it was due: one that waits behind
 * another pays for it. Milliseconds. Our own timers are late by up to a millisecond, which counts as theirs.
 */
export const runOpenLoop = async ({ perSecond, count, warmup, ask }: OpenLoop): Promise<OpenLoopResult> => {
  const samples = new Samples();
  const stepMs = 1_000 / perSecond;
  const firstMs = performance.now() + stepMs;
  const asked: Promise<void>[] = [];
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
    asked.push(
      ask(index).then(
        () => note(true),
        () => note(false),
      ),
    );
  }
  await Promise.all(asked);
  return { samples, failed };
};
