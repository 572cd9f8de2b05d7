// A program behind pipes: stdout and stderr apart, stdin that can be closed.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { Failure } from "@cmdop/base";
import { Channel } from "@cmdop/protocol";
import type { Execution, ExecutionEvents, ExecutionExit, ExecutionSpec } from "./execution.ts";
import { type CommandPipes, openPipes } from "./pipes.ts";
import { signalGroup, signalLeftovers, signalSession } from "./process-groups.ts";
import { masterDescriptors } from "./pty-binding.ts";

// After the program's own end its pipes may be held by what it left running; this long without a byte ends them.
const quietMs = 100;
// How often programs are let go that open an stdin by name that has ended.
const releaseMsMin = 10;
const releaseMsMax = 1_000;

export interface CommandSpec extends ExecutionSpec {
  readonly hasStdin: boolean;
}

/** Rejects with spawn_failed when the system refuses to start it. */
export const openCommand = async (spec: CommandSpec, events: ExecutionEvents): Promise<Execution> => {
  const pipes = await openPipes(spec);
  try {
    const child = await start(spec, pipes);
    return new CommandExecution({ child, pipes, events });
  } catch (cause) {
    pipes.destroy();
    throw new Failure("spawn_failed", "The system refused to start the program.", { cause });
  } finally {
    pipes.closeChildEnds();
  }
};

const start = ({ file, args, cwd, env }: CommandSpec, { childEnds }: CommandPipes): Promise<ChildProcess> => {
  const [stdin, stdout, stderr] = childEnds;
  const nothing = openSync("/dev/null", "r");
  try {
    const child = spawn(file, args, {
      cwd,
      env,
      // A session and process group of its own, so that a signal reaches whatever it starts.
      detached: true,
      stdio: [stdin ?? nothing, stdout, stderr, ...maskMasters(nothing)],
    });
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("spawn", () => resolve(child));
    });
  } finally {
    closeSync(nothing);
  }
};

/** Terminals' masters are not close-on-exec: in the child each becomes /dev/null instead. */
const maskMasters = (nothing: number): ("ignore" | number)[] => {
  const masters = masterDescriptors();
  const highest = Math.max(2, ...masters);
  return Array.from({ length: highest - 2 }, (_, at) => (masters.has(at + 3) ? nothing : "ignore"));
};

class CommandExecution implements Execution {
  readonly pid: number;
  readonly #pipes: CommandPipes;
  readonly #events: ExecutionEvents;
  readonly #outputs: readonly Socket[];
  #open: number;
  #exit: ExecutionExit | undefined;
  #isPaused = false;
  #isExitTold = false;
  #quiet: NodeJS.Timeout | undefined;
  #release: NodeJS.Timeout | undefined;
  #received = 0;

  constructor({
    child,
    pipes,
    events,
  }: { child: ChildProcess; pipes: CommandPipes; events: ExecutionEvents }) {
    const { stdin, stdout, stderr } = pipes;
    if (child.pid === undefined) throw new Failure("spawn_failed");
    this.pid = child.pid;
    this.#pipes = pipes;
    this.#events = events;
    this.#outputs = [stdout, stderr];
    this.#open = this.#outputs.length;
    // EPIPE: the program does not want more. EOF and errors of outputs are followed by close.
    stdin?.on("error", () => {});
    stdin?.on("drain", () => events.inputDrained?.());
    stdin?.once("close", () => this.#releaseReaders(releaseMsMin));
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
    return this.#pipes.stdin?.writableLength ?? 0;
  }

  write(data: Uint8Array): void {
    const { stdin } = this.#pipes;
    if (stdin?.writable) stdin.write(data);
  }

  endInput(): void {
    this.#pipes.stdin?.end();
  }

  resize(): void {}

  signal(name: NodeJS.Signals): void {
    if (!this.#exit) signalGroup(this.pid, name);
  }

  hangUp(): void {
    this.#signalAll(["SIGHUP", "SIGCONT"]);
  }

  kill(): void {
    this.#signalAll(["SIGKILL"]);
    // What left the session may hold the pipes still, and a reader that stands still holds them back: neither keeps
    // an ended program's session.
    if (this.#exit) for (const output of this.#outputs) output.destroy();
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

  #signalAll(signals: readonly NodeJS.Signals[]): void {
    if (this.#exit) signalLeftovers(this.pid, signals);
    else signalSession(this.pid, signals);
  }

  #releaseReaders(afterMs: number): void {
    if (this.#exit) return;
    this.#release = setTimeout(() => {
      this.#pipes.releaseReaders();
      this.#releaseReaders(Math.min(releaseMsMax, afterMs * 2));
    }, afterMs);
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
    clearTimeout(this.#release);
    this.#pipes.destroy();
    this.#events.exit(this.#exit);
  }
}
