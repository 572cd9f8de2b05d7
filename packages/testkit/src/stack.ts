import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { type LocalHome, prepareLocalHome } from "@cmdop/authority";
import { freePort } from "./free-port.ts";
import { waitFor } from "./wait-for.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const mains = { relay: "services/relay/src/main.ts", agent: "apps/agent/src/main.ts" } as const;
/** As scripts/start.ts passes them. */
const nodeFlags = { relay: ["--max-semi-space-size=4"], agent: [] } as const;

export type StackPart = keyof typeof mains;

export interface StackOptions {
  readonly machineName?: string;
  /** Added to the environment of both processes. */
  readonly env?: Readonly<Record<string, string>>;
  /** False: the relay alone, for fake agents. */
  readonly hasAgent?: boolean;
}

interface StatusFile {
  readonly pid: number;
  readonly link: { readonly state: string };
  readonly host: { readonly pid: number | null };
}

/**
 * A real relay and a real agent with its session host, as separate processes over TLS in a home of their own. Each
 * part can be killed, stopped, continued and started again.
 */
export class Stack {
  readonly home: string;
  readonly relay: string;
  readonly metricsPort: number;
  readonly local: LocalHome;
  readonly #env: NodeJS.ProcessEnv;
  readonly #children = new Map<StackPart, ChildProcess>();

  private constructor(
    home: string,
    relay: string,
    metricsPort: number,
    local: LocalHome,
    env: NodeJS.ProcessEnv,
  ) {
    this.home = home;
    this.relay = relay;
    this.metricsPort = metricsPort;
    this.local = local;
    this.#env = env;
  }

  static async start(options: StackOptions = {}): Promise<Stack> {
    const home = mkdtempSync(path.join(tmpdir(), "cmdop-stack-"));
    const port = await freePort();
    const metricsPort = await freePort();
    const machineName = options.machineName ?? "testbench";
    const relay = `127.0.0.1:${port}`;
    const local = await prepareLocalHome(home, { relay, machineName, operator: "tester" });
    const stack = new Stack(home, relay, metricsPort, local, {
      ...process.env,
      CMDOP_HOME: home,
      CMDOP_RELAY_HOST: "127.0.0.1",
      CMDOP_RELAY_PORT: String(port),
      CMDOP_RELAY_METRICS_PORT: String(metricsPort),
      CMDOP_MACHINE_NAME: machineName,
      NODE_COMPILE_CACHE: path.join(root, "node_modules", ".cache", "compile"),
      ...options.env,
    });
    try {
      stack.spawn("relay");
      await stack.untilRelayReady();
      if (options.hasAgent ?? true) {
        stack.spawn("agent");
        await stack.untilLinked();
      }
    } catch (error) {
      await stack.close();
      throw error;
    }
    return stack;
  }

  /** What a client needs: `createClient(stack.clientOptions)`. */
  get clientOptions(): { relay: string; token: string; ca: { pin: string } } {
    return { relay: this.relay, token: this.local.operatorToken, ca: { pin: this.local.caPin } };
  }

  /** Starts a part that does not run. */
  spawn(part: StackPart, nodeArguments: readonly string[] = []): ChildProcess {
    const log = openSync(path.join(this.home, "logs", `${part}.log`), "a", 0o600);
    const flags = ["--disable-warning=ExperimentalWarning", ...nodeFlags[part]];
    const args = [...flags, ...nodeArguments, path.join(root, mains[part])];
    const child = spawn(process.execPath, args, { stdio: ["ignore", log, log], env: this.#env });
    closeSync(log);
    this.#children.set(part, child);
    return child;
  }

  pidOf(part: StackPart): number {
    const pid = this.#children.get(part)?.pid;
    if (pid === undefined) throw new Error(`the ${part} does not run`);
    return pid;
  }

  get hostPid(): number | null {
    return this.#status()?.host.pid ?? null;
  }

  /** Sends a signal; with SIGKILL or SIGTERM resolves when the process has ended. */
  async signal(part: StackPart, signal: NodeJS.Signals): Promise<void> {
    const child = this.#children.get(part);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ends = signal === "SIGKILL" || signal === "SIGTERM";
    const ended = ends && new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    if (ended) await ended;
  }

  /** What the part has logged so far. */
  logOf(part: StackPart): string {
    return readFileSync(path.join(this.home, "logs", `${part}.log`), "utf8");
  }

  async untilRelayReady(): Promise<void> {
    const ca = readFileSync(path.join(this.home, "relay", "tls", "ca.crt"));
    const [host, port] = this.relay.split(":");
    const isReady = (): Promise<boolean> =>
      new Promise((resolve) => {
        const request = get({ host, port, path: "/readyz", ca, servername: "localhost" }, (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        });
        request.on("error", () => resolve(false));
      });
    await waitFor(isReady, { timeoutMs: 20_000 });
  }

  async untilLinked(): Promise<void> {
    const agentPid = this.pidOf("agent");
    await waitFor(
      () => {
        const status = this.#status();
        return status?.pid === agentPid && status.link.state === "linked";
      },
      { timeoutMs: 20_000 },
    );
  }

  #status(): StatusFile | undefined {
    try {
      return JSON.parse(readFileSync(path.join(this.home, "agent", "status.json"), "utf8")) as StatusFile;
    } catch {
      return undefined;
    }
  }

  /** Ends every process, the session host with its sessions included, and removes the home. */
  async close(): Promise<void> {
    const { hostPid } = this;
    for (const part of ["agent", "relay"] as const) {
      await this.signal(part, "SIGCONT");
      await this.signal(part, "SIGKILL");
    }
    if (hostPid !== null) {
      await endProcess(hostPid);
    }
    rmSync(this.home, { recursive: true, force: true });
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** SIGTERM, so that the session host ends its executions, and SIGKILL where that takes too long. */
const endProcess = async (pid: number): Promise<void> => {
  if (!isAlive(pid)) return;
  process.kill(pid, "SIGTERM");
  const killer = setTimeout(() => isAlive(pid) && process.kill(pid, "SIGKILL"), 10_000);
  await waitFor(() => !isAlive(pid), { timeoutMs: 30_000, what: "the end of the session host" });
  clearTimeout(killer);
};
