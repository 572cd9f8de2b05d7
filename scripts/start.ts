// npm start: control plane, relay, model router and the agent of this machine, as separate processes under a small
// supervisor.
import { statfsSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { askLocalControl, readRelayPin } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { stopAgent } from "./supervisor/agent-socket.ts";
import { type PartName, partNames, parts } from "./supervisor/parts.ts";
import { portProblem } from "./supervisor/ports.ts";
import { enrolParts, prepareDirectories } from "./supervisor/prepare-home.ts";
import { isRunning, readRunFile, removeRunFile, writeRunFile } from "./supervisor/run-file.ts";
import { parseSettings, type Settings } from "./supervisor/settings.ts";
import { describeEnd, SupervisedProcess } from "./supervisor/supervised-process.ts";

const root = path.resolve(import.meta.dirname, "..");
const startWithinMs = 30_000;

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
      "Use it, stop it with ^C, or start a second one with another CMDOP_HOME and ports of its own.",
    );
  }
  for (const name of partNames) {
    const pid = earlier.children[name];
    const { main, title } = parts[name];
    if (pid === undefined || !isRunning(pid, main)) continue;
    say(`The ${title} of an earlier start still runs (process ${pid}): it is ended first, sessions live on.`);
    process.kill(pid, "SIGTERM");
    for (let waitedMs = 0; isRunning(pid, main); waitedMs += 50) {
      if (waitedMs > 12_000) process.kill(pid, "SIGKILL");
      await delay(50);
    }
  }
};

const assertPortsFree = async ({ ports }: Settings): Promise<void> => {
  for (const { host, port, use, variable } of Object.values(ports)) {
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

/** The embedded database reads alone below 32 MiB, and a first start needs more than that. */
const freeMiBMin = 100;

/** What cannot be written cannot be said in a log either. */
const warnOfFullDisk = (home: string): void => {
  const { bavail, bsize } = statfsSync(home);
  const freeMiB = Math.floor((bavail * bsize) / 1_048_576);
  if (freeMiB < freeMiBMin) {
    say(
      `${freeMiB} MiB are free where ${home} lies: little can be kept, and nothing new begins. Free space there.`,
    );
  }
};

const untilReady = async (name: PartName, settings: Settings, logFile: string): Promise<void> => {
  const part = parts[name];
  const deadline = performance.now() + startWithinMs;
  while (!(await part.isReady(settings))) {
    if (performance.now() > deadline) {
      throw new Failure(
        "timed_out",
        `The ${part.title} was not ready within ${startWithinMs / 1000} s. Its log says why: ${logFile}`,
      );
    }
    await delay(50);
  }
  say(part.readyLine(settings));
};

const quoted = (word: string): string =>
  /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

const nextSteps = (settings: Settings, signInUrl: string): string => {
  const home = path.relative(root, settings.home);
  const prefix = home === ".cmdop" ? "" : `CMDOP_HOME=${quoted(settings.home)} `;
  const steps = [
    ["new", "a live shell on this machine, through the relay"],
    ["attach", "the same shell from one more terminal; Ctrl-] d leaves, it runs on"],
    ["exec -- uname -a", "one command, its output and its exit code"],
    ["--help", "everything else"],
  ] as const;
  const width = Math.max(...steps.map(([command]) => command.length));
  return `
Ready. Open another terminal in this directory and type:

${steps.map(([command, about]) => `  ${prefix}npx cmdop ${command.padEnd(width)}  ${about}`).join("\n")}

You are signed in there as the owner. In a browser, once and within ten minutes:

  ${signInUrl}

Logs are in ${path.join(settings.home, "logs")}. ^C here stops everything, sessions too.`;
};

/** What every part is told; each reads what concerns it. */
const environmentOf = ({ home, ports, machineName, relays }: Settings): NodeJS.ProcessEnv => ({
  ...process.env,
  ...Object.fromEntries(Object.values(ports).map(({ variable, port }) => [variable, String(port)])),
  CMDOP_HOME: home,
  CMDOP_CONTROL_HOST: ports.control.host,
  CMDOP_CONTROL_INTERNAL_HOST: ports.internal.host,
  CMDOP_CONTROL_RELAYS: relays,
  CMDOP_RELAY_HOST: ports.relay.host,
  CMDOP_ROUTER_HOST: ports.router.host,
  CMDOP_MACHINE_NAME: machineName,
  // Sources are compiled once and then read from the cache: less than half of the start-up time.
  NODE_COMPILE_CACHE: path.join(root, "node_modules", ".cache", "compile"),
});

const main = async (): Promise<void> => {
  const settings = readSettings();
  const { home } = settings;
  const runFile = path.join(home, "run", "supervisor.json");
  await takeOver(runFile, home);
  await assertPortsFree(settings);
  await prepareDirectories(settings);
  warnOfFullDisk(home);

  // The control plane carries schedules out through the relay, and knows it by this.
  const env = {
    ...environmentOf(settings),
    CMDOP_CONTROL_RELAY_CA_PIN: await readRelayPin(path.join(home, "relay")),
  };
  const create = (name: PartName): SupervisedProcess => {
    const { title, main: file, nodeFlags } = parts[name];
    const command = [process.execPath, "--disable-warning=ExperimentalWarning", ...nodeFlags] as const;
    return new SupervisedProcess(
      {
        name,
        command: [...command, path.join(root, file)],
        env,
        logFile: path.join(home, "logs", `${name}.log`),
      },
      (reason, delayMs) => {
        say(`The ${title} ${describeEnd(reason)}; it is started again in ${(delayMs / 1000).toFixed(1)} s.`);
        setTimeout(() => {
          record();
          void sayWhenBack(name);
        }, delayMs + 100);
      },
    );
  };
  const running = Object.fromEntries(partNames.map((name) => [name, create(name)])) as Record<
    PartName,
    SupervisedProcess
  >;
  const record = (): void => {
    const children = Object.fromEntries(
      Object.values(running).flatMap(({ pid, spec }) => (pid ? [[spec.name, pid]] : [])),
    );
    try {
      writeRunFile(runFile, { supervisorPid: process.pid, children });
    } catch (error) {
      // What runs is worth more than the note of it.
      say(`${runFile} cannot be written: ${error instanceof Error ? error.message : error}`);
    }
  };

  const awaited = new Set<PartName>();
  const sayWhenBack = async (name: PartName): Promise<void> => {
    if (awaited.has(name)) return;
    awaited.add(name);
    try {
      await untilReady(name, settings, running[name].spec.logFile);
    } catch (error) {
      if (!stopping) console.error(error instanceof Error ? error.message : error);
    } finally {
      awaited.delete(name);
    }
  };

  let stopping: Promise<void> | undefined;
  const stop = async (code: number): Promise<void> => {
    const { agent, relay, router, control } = running;
    // Sessions first, so that their operators see how they ended; a second signal to the relay skips its drain.
    if (agent.pid) await stopAgent(home);
    await agent.stop("SIGTERM", 10_000);
    const relayEnded = relay.stop("SIGTERM", 5_000);
    if (relay.pid) process.kill(relay.pid, "SIGTERM");
    await Promise.all([relayEnded, router.stop("SIGTERM", 5_000)]);
    // Last: the others report to it what ended.
    await control.stop("SIGTERM", 10_000);
    removeRunFile(runFile);
    process.exit(code);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!stopping) say("\nStopping: sessions, agent, relay, router, control plane …");
      stopping ??= stop(0);
    });
  }

  const startPart = (name: PartName): void => {
    running[name].start();
    record();
  };
  say("Starting control plane, relay, model router and agent …");
  try {
    startPart("control");
    await untilReady("control", settings, running.control.spec.logFile);
    await enrolParts(settings, hostname());
    const others = ["relay", "router", "agent"] as const;
    for (const name of others) startPart(name);
    for (const name of others) await untilReady(name, settings, running[name].spec.logFile);
    const { url } = await askLocalControl(
      path.join(home, "control", "control.sock"),
      "POST",
      "/local/v1/sign-in-codes",
      { body: {} },
    );
    say(nextSteps(settings, String(url)));
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
