import { setTimeout as delay } from "node:timers/promises";
import { Samples } from "../statistics.ts";

/** Something that sends one byte back for each byte written, such as `cat` on a raw PTY. */
export interface Echo {
  /** Resolves when the echo of this byte has arrived. Echoes come in the order of the writes. */
  send(byte: number): void;
  /** Replaces the listener before. */
  onByte(listener: (byte: number) => void): void;
  close(): Promise<void>;
}

/**
 * Key presses at a fixed rate, each timed from when it was due and not from when it could be sent (no coordinated
 * omission). Milliseconds from due to echoed.
 */
export const measureEcho = async (
  echo: Echo,
  options: { readonly presses: number; readonly perSecond: number; readonly warmup: number },
): Promise<Samples> => {
  const samples = new Samples();
  const due: number[] = [];
  const total = options.presses + options.warmup;
  let arrived = 0;
  const done = new Promise<void>((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error(`only ${arrived} of ${total} echoes came`)), 60_000);
    echo.onByte(() => {
      const dueMs = due[arrived] ?? Number.NaN;
      arrived += 1;
      if (arrived > options.warmup) samples.add(performance.now() - dueMs);
      if (arrived === total) {
        clearTimeout(patience);
        resolve();
      }
    });
  });
  const stepMs = 1000 / options.perSecond;
  let nextMs = performance.now() + 10;
  for (let press = 0; press < total; press += 1) {
    const waitMs = nextMs - performance.now();
    // A timer alone is late by up to a millisecond: the last stretch is waited for awake.
    if (waitMs > 2) await delay(waitMs - 1.5);
    while (performance.now() < nextMs) await new Promise((resolve) => setImmediate(resolve));
    due.push(nextMs);
    echo.send(97 + (press % 26));
    nextMs += stepMs;
  }
  await done;
  return samples;
};
