import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ProcessMemory } from "./memory-keeper.ts";

type Collect = (options: {
  readonly type: "major";
  readonly execution: "sync";
  readonly flavor: "last-resort";
}) => void;

/** V8's collector is reached by its flag. A plain collection keeps the pages of the young objects, hence this one. */
export const openProcessMemory = (memoryUsage: NodeJS.MemoryUsageFn): ProcessMemory => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as Collect;
  return {
    residentBytes: () => memoryUsage.rss(),
    collect: () => collect({ type: "major", execution: "sync", flavor: "last-resort" }),
  };
};
