import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { Backoff, type BackoffPolicy } from "@cmdop/base";

export interface ProcessSpec {
  readonly command: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  /** Both output streams are appended to it. */
  readonly logFile: string;
}

const restartPolicy: BackoffPolicy = { firstMs: 250, maxMs: 10_000 };
/** A process that ran this long was healthy: its next failure starts the backoff anew. */
const healthyAfterMs = 30_000;

export type EndReason =
  | { readonly code: number | null; readonly signal: NodeJS.Signals | null }
  /** It never ran. */
  | { readonly error: string };

export const describeEnd = (reason: EndReason): string => {
  if ("error" in reason) return `could not be started (${reason.error})`;
  return reason.signal ? `was ended by ${reason.signal}` : `ended with code ${reason.code ?? "unknown"}`;
};

export interface SupervisedProcessEvents {
  /** It ended by itself and is started again after the delay. */
  ended(reason: EndReason, delayMs: number): void;
  startedAgain(): void;
}

/**
 * One process that is started again, with backoff, whenever it ends by itself. It leads a process group of its
 * own, so that a ^C in the terminal reaches the supervisor alone.
 */
export class SupervisedProcess {
  readonly #spec: ProcessSpec;
  readonly #events: SupervisedProcessEvents;
  readonly #backoff = new Backoff(restartPolicy);
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #exited = Promise.resolve();

  constructor(spec: ProcessSpec, events: SupervisedProcessEvents) {
    this.#spec = spec;
    this.#events = events;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get logFile(): string {
    return this.#spec.logFile;
  }

  /** Does nothing after `stop`. */
  start(): void {
    if (this.#isStopping) return;
    const startedMs = performance.now();
    let child: ChildProcess;
    try {
      child = this.#spawn();
    } catch (error) {
      // No descriptor, no memory, no place for a log: that passes, and the other processes need their supervisor.
      this.#restart({ error: error instanceof Error ? error.message : String(error) }, 0);
      return;
    }
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      const onEnd = (reason: EndReason): void => {
        this.#child = undefined;
        resolve();
        if (!this.#isStopping) this.#restart(reason, performance.now() - startedMs);
      };
      child.once("exit", (code, signal) => onEnd({ code, signal }));
      child.once("error", (error) => onEnd({ error: error.message }));
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
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

  #spawn(): ChildProcess {
    const { command, env, logFile } = this.#spec;
    mkdirSync(path.dirname(logFile), { recursive: true, mode: 0o700 });
    const log = openSync(logFile, "a", 0o600);
    try {
      const [file, ...args] = command;
      return spawn(file, args, { stdio: ["ignore", log, log], env, detached: true });
    } finally {
      closeSync(log);
    }
  }

  #restart(reason: EndReason, ranMs: number): void {
    if (ranMs > healthyAfterMs) this.#backoff.reset();
    const delayMs = this.#backoff.nextMs();
    this.#events.ended(reason, delayMs);
    this.#timer = setTimeout(() => {
      this.start();
      if (this.pid !== undefined) this.#events.startedAgain();
    }, delayMs);
  }
}
