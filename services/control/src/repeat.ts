// What a process does again and again, beside its requests.
import type { Clock } from "@cmdop/base";

export interface Repeated<Result> {
  /** One pass now, after the one that is under way. */
  run(): Promise<Result>;
  /** No pass begins any more; resolves when the one that is under way is over. */
  close(): Promise<void>;
}

export interface RepeatOptions<Result> {
  readonly clock: Pick<Clock, "after">;
  /** From the end of a pass to the next one. */
  readonly everyMs: number;
  /** To the first one; default `everyMs`. */
  readonly firstMs?: number;
  /** After a pass that failed; default `everyMs`. */
  readonly afterFailureMs?: number;
  /** A long one ends early when the signal is aborted. */
  readonly pass: (signal: AbortSignal) => Promise<Result>;
  /** Told of the failures of timed passes; those of `run` are its caller's. */
  readonly failed: (cause: unknown) => void;
}

export const repeat = <Result>(options: RepeatOptions<Result>): Repeated<Result> => {
  const { clock, everyMs, firstMs = everyMs, afterFailureMs = everyMs, pass, failed } = options;
  const closing = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  let cancel = (): void => undefined;

  const run = (): Promise<Result> => {
    const mine = last.then(() => pass(closing.signal));
    last = mine.catch(() => undefined);
    return mine;
  };
  const schedule = (delayMs: number): void => {
    if (closing.signal.aborted) return;
    cancel = clock.after(delayMs, () => {
      run().then(
        () => schedule(everyMs),
        (cause: unknown) => {
          failed(cause);
          schedule(afterFailureMs);
        },
      );
    });
  };
  schedule(firstMs);
  return {
    run,
    close: async () => {
      closing.abort();
      cancel();
      await last;
    },
  };
};
