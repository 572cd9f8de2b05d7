// The session host's process: owns PTYs, logs and screens of this machine's sessions, and outlives the daemon.

import { chmodSync } from "node:fs";
import { uptime, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { makePrivateDirectorySync } from "@cmdop/authority/files";
import { Failure, systemClock } from "@cmdop/base";
import { keepCompiledCode } from "@cmdop/service/compiled-code";
import { openProcessLog } from "@cmdop/service/log";
import pino from "pino";
import packageFacts from "../package.json" with { type: "json" };
import { openHostServer } from "./host/host-server.ts";
import { SessionHost } from "./host/session-host.ts";
import { openSessionStore } from "./host/session-store.ts";
import { hostSocketPath } from "./host/socket-path.ts";
import { createScreens } from "./screen/screens.ts";

const { env } = process;
const home = resolve(env.CMDOP_HOME ?? ".cmdop");
// A disk that is full of what sessions write must not end them for a line of the log.
const destination = openProcessLog(home, "host");
process.on("exit", () => destination.flushSync());
const logger = pino(
  { level: env.CMDOP_LOG_LEVEL ?? "info", base: { service: "host", pid: process.pid } },
  destination,
);
const log = {
  info: (event: string, fields = {}) => logger.info(fields, event),
  warn: (event: string, fields = {}) => logger.warn(fields, event),
};

const main = async (): Promise<void> => {
  // What sessions create is theirs to decide; our own files are opened with their modes.
  const user = userInfo();
  const agentDirectory = join(home, "agent");
  makePrivateDirectorySync(agentDirectory);
  chmodSync(agentDirectory, 0o700);
  const screens = createScreens();
  const host = new SessionHost({
    store: openSessionStore(join(agentDirectory, "sessions")),
    screens,
    clock: systemClock,
    uptimeMs: () => uptime() * 1000,
    log,
    user: {
      env,
      homeDirectory: user.homedir,
      shell: user.shell ?? env.SHELL ?? "/bin/sh",
      name: user.username,
    },
  });
  let isStopping = false;
  const stop = (graceMs: number): void => {
    if (isStopping) return;
    isStopping = true;
    void host
      .stop(graceMs)
      .then(() => server.close())
      .then(() => screens.close())
      .then(() => {
        log.info("host.stopped");
        process.exitCode = 0;
      });
  };
  const socketPath = hostSocketPath({ home, runtimeDir: env.XDG_RUNTIME_DIR, uid: user.uid });
  const server = await openHostServer({
    socketPath,
    host,
    log,
    version: packageFacts.version,
    startedAtMs: systemClock.wallMs(),
    stop,
    begin: () => host.start(),
  });
  keepCompiledCode();
  log.info("host.started", { socket: socketPath, sessions: host.list().length });
  process.on("SIGTERM", () => stop(0));
  process.on("SIGINT", () => stop(0));
  // The terminal that started us may go away: sessions stay.
  process.on("SIGHUP", () => log.info("host.hangup_ignored"));
};

// A failure of one session must not take the others along: it is logged, with no byte of any of them.
process.on("uncaughtException", (error) => logger.error({ err: error }, "host.uncaught"));
process.on("unhandledRejection", (error) => logger.error({ err: error }, "host.unhandled"));

main().catch((error: unknown) => {
  logger.fatal({ err: error }, "host.failed");
  process.exit(error instanceof Failure && error.code === "already_running" ? 3 : 1);
});
