// Debian's redis-server on a free port, with nothing on disk.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { freePort, waitFor } from "@cmdop/testkit";

export class TemporaryRedis {
  readonly port: number;
  #server: ChildProcess;

  private constructor(port: number, server: ChildProcess) {
    this.port = port;
    this.#server = server;
  }

  static isInstalled(): boolean {
    return spawnSync("redis-server", ["--version"]).status === 0;
  }

  static async open(): Promise<TemporaryRedis> {
    const port = await freePort();
    return new TemporaryRedis(port, await start(port));
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async restart(): Promise<void> {
    this.#server = await start(this.port);
  }

  /** It keeps its connections and answers nothing. */
  stall(): void {
    this.#server.kill("SIGSTOP");
  }

  continue(): void {
    this.#server.kill("SIGCONT");
  }

  async close(): Promise<void> {
    if (this.#server.exitCode !== null || this.#server.signalCode !== null) return;
    this.#server.kill("SIGKILL");
    await once(this.#server, "exit");
  }
}

const start = async (port: number): Promise<ChildProcess> => {
  const server = spawn(
    "redis-server",
    ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
    { stdio: "ignore" },
  );
  await waitFor(() => answers(port), { timeoutMs: 15_000, what: "redis-server to listen" });
  return server;
};

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
