// What the process of each plane does beside its work. It touches only what it is handed: the process, the server.
export { optimizeEarly } from "./early-optimization.ts";
export { KeptShapes } from "./kept-shapes.ts";
export { keepMemory, type MemoryRelease } from "./memory-keeper.ts";
export { type MetricsListener, serveMetrics } from "./metrics-listener.ts";
export { configOrEnd, endOnFailure } from "./process-ends.ts";
export { openProcessMemory } from "./process-memory.ts";
export { type RunningService, runService } from "./run-service.ts";
export { createServiceLog } from "./service-log.ts";
export {
  type ConfigResult,
  type Environment,
  type LogLevel,
  Settings,
  toAddress,
  toHttpsOrigin,
  toOrigin,
} from "./settings.ts";
