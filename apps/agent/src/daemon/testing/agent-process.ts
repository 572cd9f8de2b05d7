import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { endSessionHosts, waitFor } from "@cmdop/testkit";
import type { AgentStatus } from "../status.ts";

const main = resolve(import.meta.dirname, "../../main.ts");

/** A real daemon with its real session host, in a home of its own. */
export class AgentProcess {
  readonly home: string;
  readonly #hostPids = new Set<number>();
  readonly #spawned: ChildProcess[] = [];
  #child: ChildProcess | undefined;
  #stderr = "";

  constructor(config: { relays: readonly string[]; caPin: string }) {
    this.home = mkdtempSync(join(tmpdir(), "cmdop-agent-"));
    mkdirSync(join(this.home, "agent"), { mode: 0o700 });
    this.configure(config);
    this.setToken("machine-token");
  }

  configure(config: { relays: readonly string[]; caPin: string }): void {
    writeFileSync(join(this.home, "agent", "agent.json"), JSON.stringify({ ...config, name: "testbench" }));
  }

  setToken(token: string): void {
    writeFileSync(join(this.home, "agent", "machine.token"), `${token}\n`, { mode: 0o600 });
  }

  get child(): ChildProcess {
    if (!this.#child) throw new Error("the agent was not started");
    return this.#child;
  }

  get stderr(): string {
    return this.#stderr;
  }

  spawn(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const { CMDOP_RELAYS: _relays, CMDOP_RELAY_CA_PIN: _pin, ...inherited } = process.env;
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...inherited, CMDOP_HOME: this.home, SHELL: "/bin/sh", ...env },
    });
    child.stderr?.on("data", (chunk) => {
      this.#stderr += String(chunk);
    });
    this.#spawned.push(child);
    return child;
  }

  start(): ChildProcess {
    this.#child = this.spawn();
    return this.#child;
  }

  /** The status by the file; undefined while there is none of the daemon that runs now. */
  status(): AgentStatus | undefined {
    try {
      const status = JSON.parse(readFileSync(join(this.home, "agent", "status.json"), "utf8")) as AgentStatus;
      if (status.host.pid !== null) this.#hostPids.add(status.host.pid);
      return status.pid === this.#child?.pid ? status : undefined;
    } catch {
      return undefined;
    }
  }

  async until(
    what: string,
    isTrue: (status: AgentStatus) => boolean,
    timeoutMs = 15_000,
  ): Promise<AgentStatus> {
    return waitFor(
      () => {
        const status = this.status();
        return status && isTrue(status) ? status : undefined;
      },
      { timeoutMs, what: `the agent being ${what} (${this.#stderr})` },
    );
  }

  async untilLinked(): Promise<AgentStatus> {
    return this.until("linked", ({ link }) => link.state === "linked");
  }

  /** One request on the local socket. */
  async ask(request: unknown): Promise<unknown> {
    const status = await this.until("reachable", () => true);
    const socket = connect(status.socket);
    socket.setEncoding("utf8");
    const [line] = (
      await Promise.all([once(socket, "data"), socket.write(`${JSON.stringify(request)}\n`)])
    )[0];
    socket.destroy();
    return JSON.parse(String(line));
  }

  /** Sends a signal and waits for the end; the exit code. */
  async end(signal: "SIGTERM" | "SIGKILL" | "SIGINT"): Promise<number | null> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    this.status();
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  /** The last lines of the logs, for a failure's text. */
  hostLog(): string {
    try {
      return readFileSync(join(this.home, "logs", "host.log"), "utf8");
    } catch {
      return "";
    }
  }

  /** Ends all that was started here, whatever it does and whatever of it is known. */
  async close(): Promise<void> {
    this.status();
    for (const child of this.#spawned) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    await endSessionHosts(this.home, this.#hostPids);
    rmSync(this.home, { recursive: true, force: true });
  }
}
