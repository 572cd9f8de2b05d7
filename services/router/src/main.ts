// Starts one router from the environment. The first SIGTERM or SIGINT drains it, the second ends it at once.
import process from "node:process";
import { Failure, systemClock } from "@cmdop/base";
import pino from "pino";
import { parseConfig } from "./config.ts";
import { createLogger } from "./logger.ts";
import { keepMemory } from "./memory-keeper.ts";
import { openProcessMemory } from "./process-memory.ts";
import { openRouter } from "./server.ts";

const exitWith = (lines: readonly string[]): never => {
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exit(1);
};

const parsed = parseConfig(process.env, process.cwd());
if (parsed.kind === "problems") exitWith(parsed.problems);
else {
  const { config } = parsed;
  // Written asynchronously: a reader of the log that stands still must not hold the router. In blocks, and what is
  // less than one after a short time: a write for each line would cost as much as the line.
  const destination = pino.destination({ fd: 1, sync: false, minLength: 4_096, periodicFlush: 100 });
  const log = createLogger(config.logLevel, destination);
  log.info({ config }, "router.starting");
  const flush = (): void => {
    try {
      destination.flushSync();
    } catch {
      // Nobody reads the log any more.
    }
  };

  const readVariable = (name: string): string | undefined => process.env[name];
  const opened = await openRouter({ config, log, readVariable }).catch((error: unknown) => {
    flush();
    if (error instanceof Failure) return exitWith([`${error.code}: ${error.message}`, error.row.remedy]);
    throw error;
  });

  keepMemory({
    clock: systemClock,
    memory: openProcessMemory(process.memoryUsage),
    running: () => opened.requests(),
    released: (release) => log.debug(release, "memory.released"),
  });

  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) {
      flush();
      process.exit(signal === "SIGINT" ? 130 : 143);
    }
    isStopping = true;
    opened.drain().then(
      () => {
        flush();
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, "router.drain_failed");
        flush();
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}
