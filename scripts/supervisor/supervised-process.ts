import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { Backoff, type BackoffPolicy } from "@cmdop/base";

export interface ProcessSpec {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  /** Both output streams are appended to it. */
  readonly logFile: string;
}

const restartPolicy: BackoffPolicy = { firstMs: 250, maxMs: 10_000 };
/** A process that ran this long was healthy: its next failure starts the backoff anew. */
const healthyAfterMs = 30_000;

export type EndReason = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export const describeEnd = ({ code, signal }: EndReason): string =>
  signal ? `was ended by ${signal}` : `ended with code ${code ?? "unknown"}`;

/**
 * One process that is started again, with backoff, whenever it ends by itself. It leads a process group of its
 * own, so that a ^C in the terminal reaches the supervisor alone.
 */
export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly #onRestart: (reason: EndReason, delayMs: number) => void;
  readonly #backoff = new Backoff(restartPolicy);
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #exited = Promise.resolve();

  constructor(spec: ProcessSpec, onRestart: (reason: EndReason, delayMs: number) => void) {
    this.spec = spec;
    this.#onRestart = onRestart;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    mkdirSync(path.dirname(this.spec.logFile), { recursive: true, mode: 0o700 });
    const log = openSync(this.spec.logFile, "a", 0o600);
    const [file, ...args] = this.spec.command;
    const child = spawn(file, args, { stdio: ["ignore", log, log], env: this.spec.env, detached: true });
    closeSync(log);
    this.#child = child;
    const startedMs = performance.now();
    this.#exited = new Promise((resolve) => {
      const onEnd = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#child = undefined;
        resolve();
        if (!this.#isStopping) this.#restart({ code, signal }, performance.now() - startedMs);
      };
      child.once("exit", onEnd);
      child.once("error", () => onEnd(null, null));
    });
  }

  #restart(reason: EndReason, ranMs: number): void {
    if (ranMs > healthyAfterMs) this.#backoff.reset();
    const delayMs = this.#backoff.nextMs();
    this.#onRestart(reason, delayMs);
    this.#timer = setTimeout(() => this.start(), delayMs);
  }

  /** Never started again from here on; resolves when it has ended, with SIGKILL after `withinMs`. */
  async stop(signal: NodeJS.Signals, withinMs: number): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (!child) return;
    child.kill(signal);
    const killer = setTimeout(() => child.kill("SIGKILL"), withinMs);
    await this.#exited;
    clearTimeout(killer);
  }
}
