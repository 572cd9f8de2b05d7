// The agent daemon's process: configuration, lock, identity, signals. docs/how-to/run-the-agent-under-systemd.md.
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { MachineIdentity, takeProcessLock } from "@cmdop/authority/machine";
import { Failure, systemClock, systemRandom, toFailure } from "@cmdop/base";
import { keepCompiledCode } from "@cmdop/service/compiled-code";
import { openProcessLog, processLogFile } from "@cmdop/service/log";
import { pino } from "pino";
import manifest from "../package.json" with { type: "json" };
import { type AgentConfig, configFilePath, parseAgentConfig } from "./config.ts";
import { AgentDaemon } from "./daemon/agent-daemon.ts";
import { failureFields } from "./daemon/log.ts";
import { startHost } from "./daemon/start-host.ts";
import { hostSocketPath } from "./host/socket-path.ts";
import { secureDirectory } from "./secure-directory.ts";

const defaultHome = resolve(import.meta.dirname, "../../../.cmdop");
const hostMain = resolve(import.meta.dirname, "host-main.ts");

const readConfig = (): AgentConfig => {
  const { env } = process;
  let file: string | undefined;
  try {
    file = readFileSync(configFilePath(env, defaultHome), "utf8");
  } catch {
    // Everything may come from the environment.
  }
  const uid = process.getuid?.() ?? 0;
  const config = parseAgentConfig({
    env,
    argv: process.argv.slice(2),
    file,
    defaultHome,
    hostname: hostname(),
    uid,
  });
  if ("problems" in config) throw new Failure("not_configured", config.problems.join("\n"));
  return config;
};

const main = async (): Promise<void> => {
  const config = readConfig();
  secureDirectory(config.agentDirectory);
  const hostSocket = hostSocketPath({
    home: config.home,
    runtimeDir: config.runtimeDirectory,
    uid: config.uid,
  });
  const socketDirectory = dirname(hostSocket);
  secureDirectory(socketDirectory);
  const lock = takeProcessLock(join(config.agentDirectory, "agent.lock"), "The agent of this home");
  const destination = openProcessLog(config.home, "agent");
  process.on("exit", () => destination.flushSync());
  const log = pino(
    {
      level: config.logLevel,
      base: { service: "agent" },
      messageKey: "event",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const identity = await MachineIdentity.open(config.agentDirectory);
  if (identity.isNew) log.info({ file: config.identityFile }, "agent.identity_made");

  const command = [process.execPath, "--disable-warning=ExperimentalWarning", hostMain] as const;
  const env = { ...process.env, CMDOP_HOME: config.home };
  const logFile = processLogFile(config.home, "host");
  const daemon = new AgentDaemon({
    config,
    clock: systemClock,
    random: systemRandom,
    log,
    identity,
    agentVersion: manifest.version,
    hostSocket,
    agentSocket: join(socketDirectory, "agent.sock"),
    startHost: config.sessionHost === "spawn" ? () => startHost({ command, env, logFile }) : undefined,
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => void daemon.stop({ reason: signal, withHost: false }));
  }
  process.on("uncaughtException", (error) => {
    // State that an unexpected error left behind is not trusted; the supervisor starts another, the host lives on.
    log.fatal(failureFields(error), "agent.crashed");
    process.exit(70);
  });
  await daemon.start();
  keepCompiledCode();
  await daemon.stopped;
  lock.release();
  process.exit(0);
};

try {
  await main();
} catch (cause) {
  const failure = toFailure(cause);
  console.error(failure.code === "internal" ? cause : `${failure.message}\n${failure.row.remedy}`);
  process.exit(failure.code === "already_running" ? 75 : 78);
}
