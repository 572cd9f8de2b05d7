// The life of a service's process: from its environment, over the first SIGTERM or SIGINT, which drains it, to the
// second, which ends it at once. One that comes while the service opens is heeded when it is open: it may be ready for
// others before it is here.
import path from "node:path";
import type { Logger } from "pino";
import { keepCompiledCode } from "./compiled-code.ts";
import { openProcessLog } from "./log-destination.ts";
import { configOrEnd, endOnFailure, type HostProcess } from "./process-ends.ts";
import { createServiceLog } from "./service-log.ts";
import type { ConfigResult, Environment } from "./settings.ts";

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
  const config = configOrEnd(process, options.parseConfig);
  // Written asynchronously: a reader of the log that stands still must not hold the service, nor a full disk end it.
  const home = path.resolve(process.cwd(), process.env.CMDOP_HOME || ".cmdop");
  const destination = openProcessLog(home, name, logBlocks);
  const log = createServiceLog(name, config.logLevel, destination);
  log.info({ config }, `${name}.starting`);
  // Whatever ends the process: what led to it is in the last lines.
  process.on("exit", () => destination.flushSync());

  const opening = options.open(config, log).catch(endOnFailure(process));
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) {
      process.exit(signal === "SIGINT" ? 130 : 143);
    }
    isStopping = true;
    opening
      .then((running) => running.drain())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, `${name}.drain_failed`);
          process.exit(1);
        },
      );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  await opening;
  keepCompiledCode();
};
