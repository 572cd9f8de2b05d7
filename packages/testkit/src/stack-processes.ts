import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { createSecureContext } from "node:tls";
import { endSessionHosts } from "./home-processes.ts";
import { waitFor } from "./wait-for.ts";

const root = path.resolve(import.meta.dirname, "../../..");

/** As scripts/start.ts runs them. */
const programs = {
  control: { main: "services/control/src/main.ts", flags: ["--max-semi-space-size=4"] },
  relay: { main: "services/relay/src/main.ts", flags: ["--max-semi-space-size=4"] },
  router: { main: "services/router/src/main.ts", flags: [] },
  agent: { main: "apps/agent/src/main.ts", flags: [] },
} as const;

export type StackProgram = keyof typeof programs;

interface StatusFile {
  readonly pid: number;
  readonly link: { readonly state: string };
  readonly host: { readonly pid: number | null };
}

/** The processes of one home: each can be killed, stopped, continued and started again. */
export class StackProcesses {
  readonly #home: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #children = new Map<StackProgram, ChildProcess>();

  constructor(home: string, env: Readonly<Record<string, string | undefined>>) {
    this.#home = home;
    this.#env = {
      ...process.env,
      CMDOP_HOME: home,
      NODE_COMPILE_CACHE: path.join(root, "node_modules", ".cache", "compile"),
      ...env,
    };
  }

  /** `env` goes before what all of them have. */
  spawn(program: StackProgram, env: Readonly<Record<string, string>> = {}): ChildProcess {
    const { main, flags } = programs[program];
    const log = openSync(path.join(this.#home, "logs", `${program}.log`), "a", 0o600);
    const args = ["--disable-warning=ExperimentalWarning", ...flags, path.join(root, main)];
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", log, log],
      env: { ...this.#env, ...env },
    });
    closeSync(log);
    this.#children.set(program, child);
    return child;
  }

  pidOf(program: StackProgram): number {
    const pid = this.#children.get(program)?.pid;
    if (pid === undefined) throw new Error(`the ${program} does not run`);
    return pid;
  }

  /** Sends a signal; with SIGKILL or SIGTERM resolves when the process has ended. */
  async signal(program: StackProgram, signal: NodeJS.Signals): Promise<void> {
    const child = this.#children.get(program);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ends = signal === "SIGKILL" || signal === "SIGTERM";
    const ended = ends && new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    if (ended) await ended;
  }

  /** What it has logged so far. */
  logOf(program: StackProgram): string {
    return readFileSync(path.join(this.#home, "logs", `${program}.log`), "utf8");
  }

  async untilRelayReady(relay: string): Promise<void> {
    const ca = readFileSync(path.join(this.#home, "relay", "tls", "ca.crt"));
    // Once, and not for each question: it is most of what a question costs.
    const secureContext = createSecureContext({ ca });
    const [host, port] = relay.split(":");
    const at = { host, port, path: "/readyz", secureContext, servername: "localhost" };
    await untilOk((take) => https.get(at, take));
  }

  async untilControlReady(): Promise<void> {
    const socketPath = path.join(this.#home, "control", "control.sock");
    await untilOk((take) => http.get({ socketPath, host: "localhost", path: "/readyz" }, take));
  }

  async untilLinked(): Promise<void> {
    const agentPid = this.pidOf("agent");
    await waitFor(
      () => {
        const status = this.#status();
        return status?.pid === agentPid && status.link.state === "linked";
      },
      { timeoutMs: 30_000, everyMs: 20, what: "the agent's link" },
    );
  }

  get hostPid(): number | null {
    return this.#status()?.host.pid ?? null;
  }

  #status(): StatusFile | undefined {
    try {
      return JSON.parse(readFileSync(path.join(this.#home, "agent", "status.json"), "utf8")) as StatusFile;
    } catch {
      return undefined;
    }
  }

  /** Ends every process, the session host with its sessions included. */
  async close(): Promise<void> {
    const { hostPid } = this;
    for (const program of ["agent", "router", "relay", "control"] as const) {
      await this.signal(program, "SIGCONT");
      await this.signal(program, "SIGKILL");
    }
    await endSessionHosts(this.#home, hostPid === null ? [] : [hostPid]);
  }
}

const untilOk = async (
  get: (take: (answer: http.IncomingMessage) => void) => http.ClientRequest,
): Promise<void> => {
  const isReady = (): Promise<boolean> =>
    new Promise((resolve) => {
      const request = get((answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      // One that takes the connection and says nothing is not ready either.
      request.setTimeout(5_000, () => request.destroy());
      request.on("error", () => resolve(false));
    });
  // A start takes a second, and whoever asks takes processor time from it.
  await waitFor(isReady, { timeoutMs: 40_000, everyMs: 20, what: "a server to be ready" });
};
