// The stacks that are compared, each a process of its own in front of the same mock upstream.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { freePort, waitFor } from "@cmdop/testkit";
import type { Peer } from "./peers/peers.ts";

export interface Stack {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Streams that it is asked for at a time; undefined: a thousand. */
  readonly crowd?: number;
  close(): Promise<void>;
}

/** The stacks under test have one core, the load generator and the mock upstream the other. */
const hasTaskset = availableParallelism() >= 2 && spawnSync("taskset", ["--version"]).status === 0;
const [stackCore, loadCore] = ["0", "1"] as const;

/** Whether this process and what it starts could be given a core of their own. */
export const pinLoad = (): boolean =>
  hasTaskset && spawnSync("taskset", ["-a", "-p", "-c", loadCore, String(process.pid)]).status === 0;

interface Start {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly core: string;
  /** What it prints; the process keeps it open. */
  readonly logPath: string;
}

const start = ({ command, env, core, logPath }: Start): ChildProcess => {
  const pinned = hasTaskset ? ["taskset", "-c", core, ...command] : command;
  const [program = "", ...rest] = pinned;
  const log = openSync(logPath, "w");
  const child = spawn(program, rest, {
    stdio: ["ignore", log, log],
    env: { PATH: process.env.PATH ?? "", HOME: path.dirname(logPath), ...env },
  });
  closeSync(log);
  return child;
};

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

const stop = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child)) return;
  child.kill("SIGKILL");
  await once(child, "exit");
};

/** The port that the process says it has: one chosen before could be another process's by now. */
const listening = async (child: ChildProcess, logPath: string): Promise<number> => {
  const find = (): string | undefined => {
    const text = existsSync(logPath) ? readFileSync(logPath, "utf8") : "";
    return /^listening (\d+)$/m.exec(text)?.[1] ?? /"port":(\d+).*"router\.listening"/.exec(text)?.[1];
  };
  try {
    await waitFor(() => find() !== undefined || hasEnded(child), { timeoutMs: 15_000, what: logPath });
    const port = find();
    if (port === undefined) throw new Error(`it ended before it listened; see ${logPath}`);
    return Number(port);
  } catch (error) {
    await stop(child);
    throw error;
  }
};

const node = (file: string, ...rest: string[]): string[] => [
  process.execPath,
  "--disable-warning=ExperimentalWarning",
  path.join(import.meta.dirname, file),
  ...rest,
];

/** Asked directly it is the lower bound of everything: what the rig itself takes. */
export const openUpstream = async (directory: string): Promise<Stack> => {
  const logPath = path.join(directory, "upstream.log");
  const child = start({ command: node("mock-upstream-process.ts"), core: loadCore, logPath });
  const port = await listening(child, logPath);
  return {
    name: "direct",
    pid: child.pid ?? 0,
    port,
    model: "bench",
    headers: {},
    close: () => stop(child),
  };
};

/** The floor: what a relay on this runtime costs when it does nothing else. */
export const openFloor = async (upstream: Stack, directory: string): Promise<Stack> => {
  const logPath = path.join(directory, "floor.log");
  const command = node("peers/bare-relay-process.ts", `http://127.0.0.1:${upstream.port}`);
  const child = start({ command, core: stackCore, logPath });
  const port = await listening(child, logPath);
  return { ...upstream, name: "bare relay", pid: child.pid ?? 0, port, close: () => stop(child) };
};

const key = "cmdop-bench-caller";

/** As an operator starts it: default settings, limits and metrics on, one log line a request into a file. */
export const openOurs = async (upstream: Stack, directory: string): Promise<Stack> => {
  const routes = path.join(directory, "router.yaml");
  writeFileSync(
    routes,
    `providers:\n  bench: { url: "http://127.0.0.1:${upstream.port}/v1", keys: [env:BENCH_KEY] }\n` +
      "models:\n  bench: { provider: bench, price: { input: 1, output: 2 } }\n",
  );
  const logPath = path.join(directory, "ours.log");
  const child = start({
    command: node("../../services/router/src/main.ts"),
    core: stackCore,
    logPath,
    env: {
      CMDOP_HOME: directory,
      CMDOP_ROUTER_PORT: "0",
      CMDOP_ROUTER_METRICS_PORT: "0",
      CMDOP_ROUTER_CONFIG: routes,
      CMDOP_ROUTER_KEYS: key,
      BENCH_KEY: "sk-bench",
    },
  });
  return {
    name: "cmdop",
    pid: child.pid ?? 0,
    port: await listening(child, logPath),
    model: "bench",
    headers: { authorization: `Bearer ${key}` },
    close: () => stop(child),
  };
};

export interface PeerOptions {
  readonly directory: string;
  readonly say: (text: string) => void;
  /** Why a peer is not compared, by its name: what failed once is not tried again in this run. */
  readonly absent: Map<string, string>;
}

/** Undefined: it is not there, could not be installed or does not start; the rest is compared without it. */
export const openPeer = async (
  peer: Peer,
  upstream: Stack,
  { directory, say, absent }: PeerOptions,
): Promise<Stack | undefined> => {
  if (absent.has(peer.name)) return undefined;
  const leftOut = (reason: string): undefined => {
    absent.set(peer.name, reason);
    say(`${peer.name} is left out: ${reason}`);
  };
  const problem = peer.install(say);
  if (problem !== undefined) return leftOut(problem);
  const port = await freePort();
  const ready = peer.prepare({ port, upstreamPort: upstream.port, directory });
  const child = start({
    command: ready.command,
    core: stackCore,
    logPath: path.join(directory, `${peer.name}.log`),
    ...(ready.env && { env: ready.env }),
  });
  const { model, headers } = ready;
  const stack = {
    ...{ name: peer.name, pid: child.pid ?? 0, port, model, headers },
    ...(peer.crowd !== undefined && { crowd: peer.crowd }),
    close: () => stop(child),
  };
  try {
    await waitUntilItAnswers(stack, child);
  } catch (error) {
    await stop(child);
    return leftOut(error instanceof Error ? error.message : String(error));
  }
  return stack;
};

/** LiteLLM loads its packages for half a minute, longer beside other work. */
const startMs = 180_000;

const waitUntilItAnswers = async (stack: Stack, child: ChildProcess): Promise<void> => {
  await waitFor(
    async () => {
      const response = await fetch(`http://127.0.0.1:${stack.port}/`).catch(() => undefined);
      await response?.body?.cancel();
      return response !== undefined || hasEnded(child);
    },
    { timeoutMs: startMs, everyMs: 200, what: `${stack.name} to listen` },
  );
  if (hasEnded(child))
    throw new Error(`${stack.name} ended with ${child.signalCode ?? child.exitCode} before it listened`);
};
