// npm start: control plane, relay, model router and the agent of this machine, as separate processes under a small
// supervisor.
import { statfsSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { askLocalControl, makePrivateDirectory, readRelayPin, takeProcessLock } from "@cmdop/authority";
import { Failure, systemClock } from "@cmdop/base";
import { helpText, parseArguments } from "./supervisor/arguments.ts";
import { endLeftProcess, isRunning } from "./supervisor/left-process.ts";
import { partNames, parts } from "./supervisor/parts.ts";
import { portProblem } from "./supervisor/ports.ts";
import { enrolParts, prepareDirectories, renewRelayCertificate } from "./supervisor/prepare-home.ts";
import { readRunFile } from "./supervisor/run-file.ts";
import {
  movesWith,
  type PortName,
  type PortSetting,
  parseSettings,
  portNames,
  type Settings,
} from "./supervisor/settings.ts";
import { Supervisor } from "./supervisor/supervisor.ts";

const root = path.resolve(import.meta.dirname, "..");

const say = (text: string): void => console.log(text);

const giveUp = (...lines: string[]): never => {
  for (const line of lines) console.error(line);
  process.exit(1);
};

const readSettings = (env: NodeJS.ProcessEnv): Settings => {
  const settings = parseSettings(env, { root, hostname: hostname() });
  return "problems" in settings ? giveUp(...settings.problems) : settings;
};

/** One supervisor a home, until this process ends, however that is. */
const claimHome = async (home: string, runFile: string): Promise<void> => {
  for (const directory of [home, path.dirname(runFile)]) await makePrivateDirectory(directory);
  try {
    takeProcessLock(path.join(path.dirname(runFile), "supervisor.lock"), "npm start");
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "already_running") throw error;
    const pid = readRunFile(runFile)?.supervisorPid;
    giveUp(
      `npm start is running here already (${pid === undefined ? "" : `process ${pid}, `}state in ${home}).`,
      "Use it, stop it with ^C, or start a second one with another CMDOP_HOME and ports of its own.",
    );
  }
};

/** Ends what an earlier supervisor left behind when it was killed; its sessions live on in the session host. */
const takeOver = async (runFile: string): Promise<void> => {
  const earlier = readRunFile(runFile);
  const left = partNames.flatMap((name) => {
    const pid = earlier?.children[name];
    const { main, title } = parts[name];
    return pid !== undefined && isRunning(pid, main) ? [{ pid, main, title }] : [];
  });
  for (const { pid, title } of left) {
    say(`The ${title} of an earlier start still runs (process ${pid}): it is ended first, sessions live on.`);
  }
  await Promise.all(left.map(({ pid, main }) => endLeftProcess(pid, main, 12_000)));
};

const assertPortsFree = async ({ ports }: Settings): Promise<void> => {
  const taken = new Map<PortName, PortSetting>();
  for (const name of portNames) {
    const { host, port, use } = ports[name];
    const problem = await portProblem(host, port);
    if (problem === "EADDRINUSE") taken.set(name, ports[name]);
    else if (problem) giveUp(`The ${use} cannot listen on ${host}:${port} (${problem}).`);
  }
  // Another stack has all of them: one answer, not one try for each. What moves along by itself is left out.
  for (const name of taken.keys()) {
    const base = movesWith[name];
    if (base && taken.has(base) && !process.env[ports[name].variable]) taken.delete(name);
  }
  if (taken.size === 0) return;
  const settings = Array.from(taken.values());
  const others = settings.map(
    ({ variable, port }) => `${variable}=${port < 65_000 ? port + 100 : port - 100}`,
  );
  giveUp(
    ...settings.map(({ port, use }) => `Port ${port} is in use, and the ${use} needs it.`),
    `Stop what uses ${taken.size === 1 ? "it" : "them"}, or choose others: ${others.join(" ")} npm start`,
  );
};

/** The embedded database reads alone below 32 MiB, and a first start needs more than that. */
const freeMiBMin = 100;

/** What cannot be written cannot be said in a log either. */
const warnOfFullDisk = (home: string): void => {
  const { bavail, bsize } = statfsSync(home);
  const freeMiB = Math.floor((bavail * bsize) / 1_048_576);
  if (freeMiB < freeMiBMin) {
    say(
      `${freeMiB} MiB are free where ${home} lies: little can be kept, and what begins may be refused. Free space there.`,
    );
  }
};

/** What every part is told; each reads what concerns it. */
const environmentOf = async ({ home, ports, machineName, relays }: Settings): Promise<NodeJS.ProcessEnv> => ({
  ...process.env,
  ...Object.fromEntries(Object.values(ports).map(({ variable, port }) => [variable, String(port)])),
  CMDOP_HOME: home,
  CMDOP_CONTROL_HOST: ports.control.host,
  CMDOP_CONTROL_INTERNAL_HOST: ports.internal.host,
  CMDOP_CONTROL_RELAYS: relays,
  // The control plane carries schedules out through the relay, and knows it by this.
  CMDOP_CONTROL_RELAY_CA_PIN: await readRelayPin(path.join(home, "relay")),
  CMDOP_RELAY_HOST: ports.relay.host,
  CMDOP_ROUTER_HOST: ports.router.host,
  CMDOP_MACHINE_NAME: machineName,
  // Sources are compiled once and then read from the cache: less than half of the start-up time.
  NODE_COMPILE_CACHE: path.join(root, "node_modules", ".cache", "compile"),
});

/** The control plane first: what the others need of it is made before they start. */
const startParts = async (supervisor: Supervisor, settings: Settings): Promise<void> => {
  say("Starting control plane, relay, model router and agent …");
  supervisor.start("control");
  await supervisor.untilReady("control");
  await enrolParts(settings, hostname());
  const others = ["relay", "router", "agent"] as const;
  for (const name of others) supervisor.start(name);
  for (const name of others) await supervisor.untilReady(name);
};

/** For a browser, once. */
const signInUrl = async (home: string): Promise<string> => {
  const socket = path.join(home, "control", "control.sock");
  const { url } = await askLocalControl(socket, "POST", "/local/v1/sign-in-codes", { body: {} });
  return String(url);
};

const quoted = (word: string): string =>
  /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

const nextSteps = (settings: Settings, browserUrl: string): string => {
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

  ${browserUrl}

Logs are in ${path.join(settings.home, "logs")}. ^C here stops everything, sessions too.`;
};

const main = async (): Promise<void> => {
  const wanted = parseArguments(process.argv.slice(2));
  if ("problem" in wanted) {
    console.error(wanted.problem);
    process.exit(2);
  }
  if (wanted.isHelp) return say(helpText(readSettings({})));
  const settings = readSettings(process.env);
  const { home } = settings;
  const runFile = path.join(home, "run", "supervisor.json");
  await claimHome(home, runFile);
  await takeOver(runFile);
  await assertPortsFree(settings);
  await prepareDirectories(settings);
  warnOfFullDisk(home);

  const supervisor = new Supervisor({ root, settings, runFile, env: await environmentOf(settings), say });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (supervisor.isStopping) return;
      say("\nStopping: sessions, agent, relay, router, control plane …");
      supervisor.stop().then(() => process.exit(0), fail);
    });
  }
  try {
    await startParts(supervisor, settings);
    renewRelayCertificate(settings, { clock: systemClock, say });
    say(nextSteps(settings, await signInUrl(home)));
  } catch (error) {
    // A signal in the middle of the start: what waited for a part has nothing to wait for any more.
    if (supervisor.isStopping) return;
    console.error(error instanceof Failure ? error.message : error);
    await supervisor.stop();
    process.exit(1);
  }
};

const fail = (error: unknown): never => {
  if (!(error instanceof Failure)) throw error;
  return giveUp(error.message, error.row.remedy);
};

try {
  await main();
} catch (error) {
  fail(error);
}
