// Gives memory back after a burst. V8 collects when something is allocated, not when time passes: what a thousand
// streams left behind would stay resident for as long as nobody asks. So a service that rests collects by itself.
//
// It must be worth it. Where no request runs, no object of one is left, and with the last of them V8 drops its shape
// and all optimized code that knows that shape: a service is cold after a collection at rest, for ten thousand requests,
// unless it kept the objects of its latest ones (kept-shapes.ts).
import type { Clock } from "@cmdop/base";

export interface MemoryKeeperOptions {
  readonly clock: Clock;
  readonly memory: ProcessMemory;
  /** A collection stops the process for 0.1 to 0.5 s: it waits until none runs and none has come for a while. */
  readonly requests: () => { readonly running: number; readonly come: number };
  readonly released: (release: MemoryRelease) => void;
  /** Told of each look, a second apart, and at the end of a rest, behind its collection if there was one. */
  readonly shapes?: { look(): void; forget(): void };
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
/**
 * Looks in a row that must find nothing running, and nothing that came since the look before; and how much more resident
 * memory than after the last collection, as a part of it, is then worth one. What short requests leave is mostly the young
 * generation, a half, which the next of them need again: it waits for a minute in which nobody asks.
 */
const rests = { short: { looks: 25, growthMin: 0.8 }, long: { looks: 60, growthMin: 0.5 } };

/** Looks until it is closed. */
export const keepMemory = ({
  clock,
  memory,
  requests,
  released,
  shapes,
}: MemoryKeeperOptions): (() => void) => {
  let floorBytes = memory.residentBytes();
  let looksAtRest = 0;
  let seen = 0;
  const look = (): void => {
    const { running, come } = requests();
    shapes?.look();
    looksAtRest = running === 0 && come === seen ? looksAtRest + 1 : 0;
    seen = come;
    if (looksAtRest === rests.short.looks || looksAtRest === rests.long.looks) {
      const isLong = looksAtRest === rests.long.looks;
      const beforeBytes = memory.residentBytes();
      const { growthMin } = isLong ? rests.long : rests.short;
      const isWorthIt = beforeBytes > floorBytes * (1 + growthMin);
      if (isWorthIt) collect(beforeBytes);
      if (isWorthIt || isLong) {
        looksAtRest = 0;
        shapes?.forget();
      }
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
