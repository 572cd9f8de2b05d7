// npm start: relay and agent of this machine as separate processes under a small supervisor.
import { readFileSync } from "node:fs";
import { get } from "node:https";
import { hostname, userInfo } from "node:os";
import path from "node:path";
import { prepareLocalHome } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { agentStatus, stopAgent } from "./supervisor/agent-socket.ts";
import { portProblem } from "./supervisor/ports.ts";
import { isRunning, readRunFile, removeRunFile, writeRunFile } from "./supervisor/run-file.ts";
import { parseSettings, type Settings } from "./supervisor/settings.ts";
import { describeEnd, SupervisedProcess } from "./supervisor/supervised-process.ts";

const root = path.resolve(import.meta.dirname, "..");
const mains = { relay: "services/relay/src/main.ts", agent: "apps/agent/src/main.ts" };
/** Many idle connections and large buffers: a young generation of 4 MiB takes less memory and less time (see decisions). */
const nodeFlags = { relay: ["--max-semi-space-size=4"], agent: [] };
const startWithinMs = 20_000;

const say = (text: string): void => console.log(text);
const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const giveUp = (...lines: string[]): never => {
  for (const line of lines) console.error(line);
  process.exit(1);
};

const readSettings = (): Settings => {
  const settings = parseSettings(process.env, { root, hostname: hostname() });
  return "problems" in settings ? giveUp(...settings.problems) : settings;
};

/** Ends what an earlier supervisor left behind when it was killed; its sessions live on in the session host. */
const takeOver = async (runFile: string, home: string): Promise<void> => {
  const earlier = readRunFile(runFile);
  if (!earlier) return;
  if (isRunning(earlier.supervisorPid, "scripts/start.ts")) {
    giveUp(
      `npm start is running here already (process ${earlier.supervisorPid}, state in ${home}).`,
      "Use it, stop it with ^C, or start a second one with another CMDOP_HOME and CMDOP_RELAY_PORT.",
    );
  }
  for (const [name, pid] of Object.entries(earlier.children)) {
    const main = name === "relay" ? mains.relay : mains.agent;
    if (!isRunning(pid, main)) continue;
    say(
      `The ${name} of an earlier start still runs (process ${pid}): it is ended first, its sessions live on.`,
    );
    process.kill(pid, "SIGTERM");
    for (let waitedMs = 0; isRunning(pid, main); waitedMs += 50) {
      if (waitedMs > 12_000) process.kill(pid, "SIGKILL");
      await delay(50);
    }
  }
};

const assertPortsFree = async (settings: Settings): Promise<void> => {
  const wanted = [
    { host: settings.relayHost, port: settings.relayPort, use: "relay", variable: "CMDOP_RELAY_PORT" },
    {
      host: "127.0.0.1",
      port: settings.metricsPort,
      use: "relay's metrics",
      variable: "CMDOP_RELAY_METRICS_PORT",
    },
  ];
  for (const { host, port, use, variable } of wanted) {
    const problem = await portProblem(host, port);
    if (problem === "EADDRINUSE") {
      giveUp(
        `Port ${port} is in use, and the ${use} needs it.`,
        `Stop what uses it, or choose another: ${variable}=${port + 100} npm start`,
      );
    }
    if (problem) giveUp(`The ${use} cannot listen on ${host}:${port} (${problem}).`);
  }
};

const isRelayReady = (settings: Settings): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get(
      {
        host: settings.relayHost,
        port: settings.relayPort,
        path: "/readyz",
        ca: readFileSync(path.join(settings.home, "relay", "tls", "ca.crt")),
        servername: "localhost",
        timeout: 1_000,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });

const isAgentLinked = async (settings: Settings): Promise<boolean> =>
  (await agentStatus(settings.home))?.link.state === "linked";

const waitUntil = async (what: string, logFile: string, isTrue: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + startWithinMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) {
      throw new Failure(
        "timed_out",
        `${what} within ${startWithinMs / 1000} s. Its log says why: ${logFile}`,
      );
    }
    await delay(50);
  }
};

const nextSteps = (settings: Settings): string => {
  const home = path.relative(root, settings.home);
  const prefix = home === ".cmdop" ? "" : `CMDOP_HOME=${settings.home} `;
  return `
Ready. Open another terminal in this directory and type:

  ${prefix}npx cmdop new              a live shell on this machine, through the relay
  ${prefix}npx cmdop attach           the same shell from one more terminal; Ctrl-] d leaves, it runs on
  ${prefix}npx cmdop exec -- uname -a one command, its output and its exit code
  ${prefix}npx cmdop --help           everything else

Logs are in ${path.join(settings.home, "logs")}. ^C here stops the relay, the agent and every session.`;
};

const main = async (): Promise<void> => {
  const settings = readSettings();
  const { home } = settings;
  const runFile = path.join(home, "run", "supervisor.json");
  await takeOver(runFile, home);
  await assertPortsFree(settings);
  await prepareLocalHome(home, {
    relay: `${settings.relayHost}:${settings.relayPort}`,
    machineName: settings.machineName,
    operator: userInfo().username,
  });

  const env = {
    ...process.env,
    CMDOP_HOME: home,
    CMDOP_RELAY_HOST: settings.relayHost,
    CMDOP_RELAY_PORT: String(settings.relayPort),
    CMDOP_RELAY_METRICS_PORT: String(settings.metricsPort),
    CMDOP_MACHINE_NAME: settings.machineName,
    // Sources are compiled once and then read from the cache: less than half of the start-up time.
    NODE_COMPILE_CACHE: path.join(root, "node_modules", ".cache", "compile"),
  };
  const create = (name: "relay" | "agent"): SupervisedProcess => {
    const logFile = path.join(home, "logs", `${name}.log`);
    const flags = ["--disable-warning=ExperimentalWarning", ...nodeFlags[name]];
    const command = [process.execPath, ...flags, path.join(root, mains[name])];
    return new SupervisedProcess(
      { name, command: command as [string, ...string[]], env, logFile },
      (reason, delayMs) => {
        say(`The ${name} ${describeEnd(reason)}; it is started again in ${(delayMs / 1000).toFixed(1)} s.`);
        setTimeout(record, delayMs + 100);
      },
    );
  };
  const relay = create("relay");
  const agent = create("agent");
  const record = (): void => {
    const children = Object.fromEntries(
      [relay, agent].flatMap((child) => (child.pid ? [[child.spec.name, child.pid]] : [])),
    );
    writeRunFile(runFile, { supervisorPid: process.pid, children });
  };

  let stopping: Promise<void> | undefined;
  const stop = async (code: number): Promise<void> => {
    // Sessions first, so that their operators see how they ended; a second signal to the relay skips its drain.
    if (agent.pid) await stopAgent(home);
    await agent.stop("SIGTERM", 10_000);
    const relayEnded = relay.stop("SIGTERM", 5_000);
    if (relay.pid) process.kill(relay.pid, "SIGTERM");
    await relayEnded;
    removeRunFile(runFile);
    process.exit(code);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!stopping) say("\nStopping: sessions, agent, relay …");
      stopping ??= stop(0);
    });
  }

  relay.start();
  agent.start();
  record();
  try {
    await waitUntil("The relay was not ready", relay.spec.logFile, () => isRelayReady(settings));
    say(`relay  ready on ${settings.relayHost}:${settings.relayPort} (TLS)`);
    await waitUntil("The agent was not linked", agent.spec.logFile, () => isAgentLinked(settings));
    say(`agent  linked to it as "${settings.machineName}"`);
    say(nextSteps(settings));
  } catch (error) {
    if (stopping) return;
    console.error(error instanceof Failure ? error.message : error);
    stopping = stop(1);
  }
};

try {
  await main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  giveUp(error.message, error.row.remedy);
}
