// Gives memory back after a burst. V8 collects when something is allocated, not when time passes: what a thousand
// streams left behind would stay resident for as long as nobody asks. So a service that rests collects by itself.
//
// It must be worth it. Where no request runs, no object of one is left, and with the last of them V8 drops its shape
// and all optimized code that knows that shape: a service is cold after a collection at rest, for ten thousand requests.
import type { Clock } from "@cmdop/base";

export interface MemoryKeeperOptions {
  readonly clock: Clock;
  readonly memory: ProcessMemory;
  /** A collection stops the process for 0.1 to 0.5 s: it waits until none runs and none has come for a while. */
  readonly requests: () => { readonly running: number; readonly come: number };
  readonly released: (release: MemoryRelease) => void;
}

export interface ProcessMemory {
  residentBytes(): number;
  /** Collects all that nothing refers to, and gives the pages back. */
  collect(): void;
}

export interface MemoryRelease {
  readonly beforeBytes: number;
  readonly afterBytes: number;
  readonly tookMs: number;
}

const lookMs = 1_000;
/** Looks in a row that must find nothing running, and nothing that came since the look before. */
const restLooks = 10;
/**
 * Resident memory above what stood after the last collection, as a part of it, that is worth one. The young generation
 * that a load of short requests needs, and leaves, is a third.
 */
const growthMin = 0.5;

/** Looks until it is closed. */
export const keepMemory = ({ clock, memory, requests, released }: MemoryKeeperOptions): (() => void) => {
  let floorBytes = memory.residentBytes();
  let looksAtRest = 0;
  let seen = 0;
  const look = (): void => {
    const { running, come } = requests();
    looksAtRest = running === 0 && come === seen ? looksAtRest + 1 : 0;
    seen = come;
    if (looksAtRest >= restLooks) {
      looksAtRest = 0;
      const beforeBytes = memory.residentBytes();
      if (beforeBytes > floorBytes * (1 + growthMin)) collect(beforeBytes);
    }
    stop = clock.after(lookMs, look);
  };
  const collect = (beforeBytes: number): void => {
    const startMs = clock.nowMs();
    memory.collect();
    const afterBytes = memory.residentBytes();
    floorBytes = afterBytes;
    released({ beforeBytes, afterBytes, tookMs: clock.nowMs() - startMs });
  };
  let stop = clock.after(lookMs, look);
  return () => stop();
};
