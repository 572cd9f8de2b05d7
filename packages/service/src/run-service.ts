// The life of a service's process: from its environment, over the first SIGTERM or SIGINT, which drains it, to the
// second, which ends it at once.
import { Failure } from "@cmdop/base";
import pino, { type Logger } from "pino";
import { createServiceLog } from "./service-log.ts";
import type { ConfigResult, Environment } from "./settings.ts";

/** What is used of node's process. */
export type HostProcess = Pick<NodeJS.Process, "cwd" | "env" | "exit" | "on" | "stderr">;

export interface RunningService {
  /** Takes nothing new, lets what runs end within its time, then closes everything. */
  drain(): Promise<void>;
}

export interface ServiceOptions<Config extends { readonly logLevel: string }> {
  /** In the log's fields and the names of its events. */
  readonly name: string;
  readonly process: HostProcess;
  parseConfig(env: Environment, directory: string): ConfigResult<Config>;
  /** A Failure ends the process with its text; anything else is a defect and is thrown. */
  open(config: Config, log: Logger): Promise<RunningService>;
  /** Bytes that the log gathers before it writes, and for how long, milliseconds. Without it each line is written. */
  readonly logBlocks?: { readonly bytes: number; readonly ms: number };
}

export const runService = async <Config extends { readonly logLevel: string }>(
  options: ServiceOptions<Config>,
): Promise<void> => {
  const { name, process, logBlocks } = options;
  const exitWith = (lines: readonly string[]): never => {
    for (const line of lines) process.stderr.write(`${line}\n`);
    return process.exit(1);
  };

  const parsed = options.parseConfig(process.env, process.cwd());
  if (parsed.kind === "problems") return exitWith(parsed.problems);
  const { config } = parsed;
  // Written asynchronously: a reader of the log that stands still must not hold the service.
  const destination = pino.destination({
    fd: 1,
    sync: false,
    minLength: logBlocks?.bytes ?? 0,
    ...(logBlocks && { periodicFlush: logBlocks.ms }),
  });
  const log = createServiceLog(name, config.logLevel, destination);
  log.info({ config }, `${name}.starting`);
  const flush = (): void => {
    try {
      destination.flushSync();
    } catch {
      // Nobody reads the log any more.
    }
  };

  const running = await options.open(config, log).catch((error: unknown) => {
    flush();
    if (error instanceof Failure) return exitWith([`${error.code}: ${error.message}`, error.row.remedy]);
    throw error;
  });

  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) {
      flush();
      process.exit(signal === "SIGINT" ? 130 : 143);
    }
    isStopping = true;
    running.drain().then(
      () => {
        flush();
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, `${name}.drain_failed`);
        flush();
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
};
