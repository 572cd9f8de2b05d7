import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type LocalHome, prepareLocalHome } from "@cmdop/authority";
import { freePort } from "./free-port.ts";
import { assertNoSecretAstray } from "./secret-files.ts";
import { StackProcesses } from "./stack-processes.ts";

export type StackPart = "relay" | "agent";

export interface StackOptions {
  readonly machineName?: string;
  /** Added to the environment of both processes. */
  readonly env?: Readonly<Record<string, string>>;
  /** False: the relay alone, for fake agents. */
  readonly hasAgent?: boolean;
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
  readonly #processes: StackProcesses;

  private constructor(
    home: string,
    relay: string,
    metricsPort: number,
    local: LocalHome,
    processes: StackProcesses,
  ) {
    this.home = home;
    this.relay = relay;
    this.metricsPort = metricsPort;
    this.local = local;
    this.#processes = processes;
  }

  static async start(options: StackOptions = {}): Promise<Stack> {
    const home = mkdtempSync(path.join(tmpdir(), "cmdop-stack-"));
    const port = await freePort();
    const metricsPort = await freePort();
    const machineName = options.machineName ?? "testbench";
    const relay = `127.0.0.1:${port}`;
    const local = await prepareLocalHome(home, { relay, machineName, operator: "tester" });
    const processes = new StackProcesses(home, {
      CMDOP_RELAY_HOST: "127.0.0.1",
      CMDOP_RELAY_PORT: String(port),
      CMDOP_RELAY_METRICS_PORT: String(metricsPort),
      CMDOP_MACHINE_NAME: machineName,
      ...options.env,
    });
    const stack = new Stack(home, relay, metricsPort, local, processes);
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

  /** Starts a part that does not run; `env` goes before what both parts have. */
  spawn(part: StackPart, env: Readonly<Record<string, string>> = {}): ChildProcess {
    return this.#processes.spawn(part, env);
  }

  pidOf(part: StackPart): number {
    return this.#processes.pidOf(part);
  }

  get hostPid(): number | null {
    return this.#processes.hostPid;
  }

  /** Sends a signal; with SIGKILL or SIGTERM resolves when the process has ended. */
  signal(part: StackPart, signal: NodeJS.Signals): Promise<void> {
    return this.#processes.signal(part, signal);
  }

  /** What the part has logged so far. */
  logOf(part: StackPart): string {
    return this.#processes.logOf(part);
  }

  untilRelayReady(): Promise<void> {
    return this.#processes.untilRelayReady(this.relay);
  }

  untilLinked(): Promise<void> {
    return this.#processes.untilLinked();
  }

  /** Ends every process, the session host with its sessions included, and removes the home. */
  /** Ends everything; fails when a secret stands where none may. */
  async close(): Promise<void> {
    await this.#processes.close();
    try {
      assertNoSecretAstray(this.home);
    } finally {
      rmSync(this.home, { recursive: true, force: true });
    }
  }
}
