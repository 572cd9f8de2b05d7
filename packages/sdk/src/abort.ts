import { type Clock, Failure } from "@cmdop/base";

/** Waits for `promise` or the signal, whose reason is thrown unchanged; what was begun goes on by itself. */
export const untilAborted = <Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> => {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
};

/** Like `untilAborted`, with `timed_out` after `timeoutMs`. */
export const within = <Value>(
  promise: Promise<Value>,
  options: { readonly timeoutMs: number; readonly clock: Clock; readonly signal?: AbortSignal | undefined },
): Promise<Value> => {
  let cancel = (): void => {};
  const timeout = new Promise<never>((_, reject) => {
    cancel = options.clock.after(options.timeoutMs, () => reject(new Failure("timed_out")));
  });
  return untilAborted(Promise.race([promise, timeout]), options.signal).finally(cancel);
};

export const pause = (clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> => {
  let cancel = (): void => {};
  const paused = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  return untilAborted(paused, signal).finally(cancel);
};
