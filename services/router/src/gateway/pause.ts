import type { Clock } from "@cmdop/base";
import type { Signal } from "../core/cancellation.ts";

/** Resolves after `ms`, or as soon as `signal` is aborted. */
export const pause = (clock: Clock, ms: number, signal: Signal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener("abort", end, { once: true });
  });
