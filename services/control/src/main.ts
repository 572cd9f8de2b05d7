// Starts one control plane from the environment. The first SIGTERM or SIGINT drains it, the second ends it at once.
import process from "node:process";
import { Failure } from "@cmdop/base";
import pino from "pino";
import { parseConfig } from "./config.ts";
import { createLogger } from "./logger.ts";
import { openControl } from "./server.ts";

const exitWith = (lines: readonly string[]): never => {
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exit(1);
};

const parsed = parseConfig(process.env, process.cwd());
if (parsed.kind === "problems") exitWith(parsed.problems);
else {
  const { config } = parsed;
  // Written asynchronously: a reader of the log that stands still must not hold the control.
  const destination = pino.destination({ fd: 1, sync: false, minLength: 0 });
  const log = createLogger(config.logLevel, destination);
  log.info({ config }, "control.starting");
  const flush = (): void => {
    try {
      destination.flushSync();
    } catch {
      // Nobody reads the log any more.
    }
  };

  const opened = await openControl({
    config,
    log,
    tzData: process.versions.tz ?? "",
    databaseUrl: process.env.CMDOP_DATABASE_URL,
  }).catch((error: unknown) => {
    flush();
    if (error instanceof Failure) return exitWith([`${error.code}: ${error.message}`, error.row.remedy]);
    throw error;
  });

  // Beside the log, which holds no secret: it is good once, for a day.
  if (opened.setupUrl !== undefined) {
    process.stderr.write(`cmdop has no owner yet. Make one here, within 24 hours: ${opened.setupUrl}\n`);
  }

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
        log.error({ err: error }, "control.drain_failed");
        flush();
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}
