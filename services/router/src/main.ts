// Starts one router from the environment.
import process from "node:process";
import { systemClock } from "@cmdop/base";
import { KeptShapes, keepMemory, openProcessMemory, optimizeEarly, runService } from "@cmdop/service";
import { parseConfig } from "./config.ts";
import { openRouter } from "./server.ts";

optimizeEarly();
await runService({
  name: "router",
  process,
  parseConfig,
  // Each write wakes a thread: in blocks of 4 KiB they took 7% of the time. What a killed process loses is bounded by ms.
  logBlocks: { bytes: 65_536, ms: 100 },
  open: async (config, log) => {
    const shapes = new KeptShapes();
    const router = await openRouter({ config, log, shapes, readVariable: (name) => process.env[name] });
    keepMemory({
      shapes,
      clock: systemClock,
      memory: openProcessMemory(process.memoryUsage),
      requests: () => ({ running: router.requests(), come: router.requestsSoFar() }),
      released: (release) => log.debug(release, "memory.released"),
    });
    return router;
  },
});
