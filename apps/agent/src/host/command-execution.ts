// A program behind pipes: stdout and stderr apart, stdin that can be closed.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Readable } from "node:stream";
import { Failure } from "@cmdop/base";
import { Channel } from "@cmdop/protocol";
import type { Execution, ExecutionEvents, ExecutionExit, ExecutionSpec } from "./execution.ts";
import { signalGroup, signalSession } from "./process-groups.ts";
import { masterDescriptors } from "./pty-binding.ts";

// After the program's own end its pipes may be held by what it left running; this long without a byte ends them.
const quietMs = 100;

export interface CommandSpec extends ExecutionSpec {
  readonly hasStdin: boolean;
}

/** Rejects with spawn_failed when the system refuses to start it. */
export const openCommand = (spec: CommandSpec, events: ExecutionEvents): Promise<Execution> => {
  const nothing = openSync("/dev/null", "r");
  let child: ChildProcess;
  try {
    child = spawn(spec.file, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      // A session and process group of its own, so that a signal reaches whatever it starts.
      detached: true,
      stdio: [spec.hasStdin ? "pipe" : "ignore", "pipe", "pipe", ...maskMasters(nothing)],
    });
  } finally {
    closeSync(nothing);
  }
  return new Promise((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new Failure("spawn_failed", "The system refused to start the program.", { cause })),
    );
    child.once("spawn", () => resolve(new CommandExecution(child, events)));
  });
};

/** Terminals' masters are not close-on-exec: in the child each becomes /dev/null instead. */
const maskMasters = (nothing: number): ("ignore" | number)[] => {
  const masters = masterDescriptors();
  const highest = Math.max(2, ...masters);
  return Array.from({ length: highest - 2 }, (_, at) => (masters.has(at + 3) ? nothing : "ignore"));
};

class CommandExecution implements Execution {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #events: ExecutionEvents;
  readonly #outputs: readonly Readable[];
  #open: number;
  #exit: ExecutionExit | undefined;
  #isPaused = false;
  #isExitTold = false;
  #quiet: NodeJS.Timeout | undefined;
  #received = 0;

  constructor(child: ChildProcess, events: ExecutionEvents) {
    const { stdin, stdout, stderr, pid } = child;
    if (pid === undefined || !stdout || !stderr) throw new Failure("spawn_failed");
    this.pid = pid;
    this.#child = child;
    this.#events = events;
    this.#outputs = [stdout, stderr];
    this.#open = this.#outputs.length;
    // EPIPE: the program does not want more. EOF and errors of outputs are followed by close.
    stdin?.on("error", () => {});
    stdin?.on("drain", () => events.inputDrained?.());
    for (const [output, channel] of [
      [stdout, Channel.STDOUT],
      [stderr, Channel.STDERR],
    ] as const) {
      output.on("error", () => {});
      output.on("data", (data: Buffer) => {
        this.#received += data.length;
        events.output(channel, data);
      });
      output.on("close", () => {
        this.#open -= 1;
        this.#tellExit();
      });
    }
    child.once("exit", (code, signal) => {
      this.#exit = { code: code ?? undefined, signal: signal ?? "" };
      stdin?.destroy();
      if (!this.#isPaused) this.#awaitQuiet();
      this.#tellExit();
    });
  }

  get unwrittenBytes(): number {
    return this.#child.stdin?.writableLength ?? 0;
  }

  write(data: Uint8Array): void {
    const { stdin } = this.#child;
    if (stdin?.writable) stdin.write(data);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  resize(): void {}

  signal(name: NodeJS.Signals): void {
    if (!this.#exit) signalGroup(this.pid, name);
  }

  hangUp(): void {
    if (!this.#exit) signalSession(this.pid, ["SIGHUP", "SIGCONT"]);
  }

  kill(): void {
    if (!this.#exit) signalSession(this.pid, ["SIGKILL"]);
  }

  pause(): void {
    this.#isPaused = true;
    clearTimeout(this.#quiet);
    for (const output of this.#outputs) output.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const output of this.#outputs) output.resume();
    if (this.#exit) this.#awaitQuiet();
  }

  #awaitQuiet(): void {
    const received = this.#received;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => {
      // A timer that is late runs before the poll phase: what came meanwhile is seen one turn later.
      setImmediate(() => {
        if (this.#isPaused || this.#open === 0) return;
        if (this.#received !== received) this.#awaitQuiet();
        else for (const output of this.#outputs) output.destroy();
      });
    }, quietMs);
  }

  #tellExit(): void {
    if (!this.#exit || this.#open > 0 || this.#isExitTold) return;
    this.#isExitTold = true;
    clearTimeout(this.#quiet);
    this.#events.exit(this.#exit);
  }
}
