// What a process does again and again, beside its requests.
import type { Clock } from "@cmdop/base";

export interface Repeated<Result> {
  /** One pass now, after the one that is under way. */
  run(): Promise<Result>;
  /**
   * There is something to do. However many say so, one pass is under way and one waits; resolves when what there was at
   * the call is done, or has failed. Does nothing after `close`.
   */
  wake(): Promise<void>;
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
  /** A long one ends early when the signal is aborted. `isAsked`: by `run`. */
  readonly pass: (signal: AbortSignal, isAsked: boolean) => Promise<Result>;
  /** Told of the failures of passes that nobody asked for; those of `run` are its caller's. */
  readonly failed: (cause: unknown) => void;
}

export const repeat = <Result>(options: RepeatOptions<Result>): Repeated<Result> => {
  const { clock, everyMs, firstMs = everyMs, afterFailureMs = everyMs, pass, failed } = options;
  const closing = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  let woken: Promise<void> | undefined;
  let cancel = (): void => undefined;

  const queue = (isAsked: boolean): Promise<Result> => {
    const mine = last.then(() => pass(closing.signal, isAsked));
    last = mine.catch(() => undefined);
    return mine;
  };
  const wake = (): Promise<void> => {
    if (closing.signal.aborted) return Promise.resolve();
    if (woken) return woken;
    woken = last
      .then(async () => {
        woken = undefined;
        if (!closing.signal.aborted) await pass(closing.signal, false);
      })
      .catch(failed);
    last = woken;
    return woken;
  };
  const schedule = (delayMs: number): void => {
    if (closing.signal.aborted) return;
    cancel = clock.after(delayMs, () => {
      queue(false).then(
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
    run: () => queue(true),
    wake,
    close: async () => {
      closing.abort();
      cancel();
      await last;
    },
  };
};
