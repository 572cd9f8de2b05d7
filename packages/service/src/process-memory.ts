import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ProcessMemory } from "./memory-keeper.ts";

type Collect = (options: {
  readonly type: "major";
  readonly execution: "sync";
  readonly flavor: "last-resort";
}) => void;

/** Of the process; V8 waits for eight seconds. */
const reducerBeginsMs = 7_000;

interface Engine {
  setFlag(flag: string): void;
  /** Since the process began. */
  ageMs(): number;
}

const v8: Engine = { setFlag: setFlagsFromString, ageMs: () => performance.now() };

/** V8's collector is reached by its flag. A plain collection keeps the pages of the young objects, hence this one. */
export const openProcessMemory = (
  memoryUsage: NodeJS.MemoryUsageFn,
  { setFlag, ageMs }: Engine = v8,
): ProcessMemory => {
  setFlag("--expose-gc");
  // A last-resort collection also throws away the bytecode of what did not run lately, which after a rest is all of it.
  // The router's first second after one then cost 1,500 µs of processor time a request; kept, 930, and 3 MiB.
  setFlag("--no-flush-bytecode");
  // V8 collects at rest too, after eight seconds of little allocation, also between two requests. Once it has begun with
  // that, a count below what it did ends the process ("Check failed: state.started_gcs() <= MaxNumberOfGCs()").
  if (ageMs() < reducerBeginsMs) setFlag("--memory-reducer-gc-count=0");
  const collect = runInNewContext("gc") as Collect;
  return {
    residentBytes: () => memoryUsage.rss(),
    collect: () => collect({ type: "major", execution: "sync", flavor: "last-resort" }),
  };
};
