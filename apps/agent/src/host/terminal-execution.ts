// A program behind a pseudoterminal.
//
// I1 Every byte that the program printed before it ended comes before `exit`: the master is read until the kernel
//    says that nothing is left, whatever the event loop reported. (libuv takes a read that did not fill its buffer
//    together with a hang-up for the end, and a terminal gives at most 4 KiB per read.)
// I2 A flood is taken in large pieces: the kernel hands out 4 KiB at a time and wakes us for each, so while a program
//    keeps printing its terminal is read every millisecond, as much as there is, and handed on as one. Where there is more
//    than a piece and those who read it keep up, it is read on without that rest.
// I3 A program that prints as fast as it is read never keeps us. A read that finds nothing waits in the kernel for the
//    thread that moves the terminal's output, non-blocking or not: a millisecond and more on busy processors. So the
//    event loop turns between any two reads, and others have their key presses echoed in between.
// I4 While somebody types in another terminal, a flood is read as its pace allows.
// I5 Nothing here blocks: the master is non-blocking, what it does not take is kept and tried again.

import { readSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { ReadStream } from "node:tty";
import { Channel } from "@cmdop/protocol";
import type { Execution, ExecutionEvents, ExecutionExit, ExecutionSpec } from "./execution.ts";
import { foregroundGroup, signalGroup, signalSession } from "./process-groups.ts";
import { dropMaster, loadPtyBinding, masterDescriptors, noteMaster, withoutHoles } from "./pty-binding.ts";

const pieceBytes = 64 * 1024;
// More than the kernel keeps of a terminal's output (64 KiB, and 4 KiB ready to read): what is read beyond it after
// the program's end was printed by something that still runs behind it.
const leftBytesMax = 256 * 1024;
// The kernel gives no more at once; from `fullReadBytes` on there is likely more.
const readBytesMax = 4_096;
const fullReadBytes = 4_000;
// A piece of this size is a flood's: its terminal is read again after `floodMs`.
const floodBytes = 4 * 1024;
const floodMs = 1;
const retryMsMin = 1;
const retryMsMax = 16;

// One for all terminals: what is read is handed on before the next read.
const readBuffer = Buffer.allocUnsafe(pieceBytes);
const drainBuffer = Buffer.allocUnsafe(pieceBytes);

/** How much of a flood may be read now; see FloodPace. */
export interface ReadPace {
  readonly allowedBytes: number;
  /** Until the next piece; 0: at once where there is one already. */
  readonly waitMs: number;
  took(bytes: number): void;
}

export const openTerminal = (
  spec: ExecutionSpec & { readonly cols: number; readonly rows: number },
  events: ExecutionEvents,
  pace: ReadPace,
): Execution => new TerminalExecution(spec, events, pace);

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** "" for 0; the number where the platform has no name (a real-time signal). */
export const signalName = (number: number): string =>
  number === 0 ? "" : (signalNames.get(number) ?? `SIG${number}`);

class TerminalExecution implements Execution {
  readonly pid: number;
  readonly #fd: number;
  readonly #events: ExecutionEvents;
  readonly #pace: ReadPace;
  readonly #stream: ReadStream;
  #exit: ExecutionExit | undefined;
  #leftBytes = leftBytesMax;
  #isPaused = false;
  #isClosed = false;
  #isExitTold = false;
  #unwritten: Uint8Array[] = [];
  #unwrittenBytes = 0;
  #retryMs = retryMsMin;
  #retry: NodeJS.Timeout | undefined;
  /** What a flood has printed since its last piece was handed on. */
  #gathered: Buffer | undefined;
  #gatheredBytes = 0;
  /** Cancels the next read of a flood; libuv does not read meanwhile. */
  #cancelTurn: (() => void) | undefined;

  constructor(
    spec: ExecutionSpec & { readonly cols: number; readonly rows: number },
    events: ExecutionEvents,
    pace: ReadPace,
  ) {
    this.#events = events;
    this.#pace = pace;
    const { binding, helperPath } = loadPtyBinding();
    const env = Object.entries(spec.env).map(([name, value]) => `${name}=${value}`);
    const { file, args, cwd, cols, rows } = spec;
    const onExit = (code: number, signal: number) => this.#onExit(code, signal);
    const { fd, pid } = withoutHoles(masterDescriptors(), () =>
      binding.fork(file, args, env, cwd, cols, rows, -1, -1, true, helperPath, onExit),
    );
    noteMaster(fd);
    this.#fd = fd;
    this.pid = pid;
    this.#stream = new ReadStream(fd, {
      onread: {
        buffer: readBuffer,
        callback: (size) => {
          this.#pace.took(size);
          this.#onOutput(readBuffer.subarray(0, size));
          if (size >= fullReadBytes) this.#awaitMore();
          return !this.#isPaused && !this.#cancelTurn;
        },
      },
    });
    // EIO: the terminal has no program left. Both it and the end are followed by close.
    this.#stream.on("error", () => {});
    this.#stream.on("end", () => this.#readRest());
    this.#stream.on("close", () => this.#onClose());
    this.#stream.resume();
  }

  get unwrittenBytes(): number {
    return this.#unwrittenBytes;
  }

  write(data: Uint8Array): void {
    if (this.#isClosed || data.length === 0) return;
    this.#unwritten.push(data);
    this.#unwrittenBytes += data.length;
    if (this.#unwritten.length === 1) this.#flushInput();
  }

  endInput(): void {
    // A terminal has no end of input; what a person types for it is ^D.
    this.write(Buffer.from([4]));
  }

  resize(cols: number, rows: number): void {
    if (this.#isClosed) return;
    try {
      loadPtyBinding().binding.resize(this.#fd, cols, rows, 0, 0);
    } catch {
      // The program has just ended.
    }
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#exit) signalGroup(foregroundGroup(this.pid), name);
  }

  hangUp(): void {
    // Stopped jobs must run to see it.
    if (!this.#exit) signalSession(this.pid, ["SIGHUP", "SIGCONT"]);
  }

  kill(): void {
    if (!this.#exit) signalSession(this.pid, ["SIGKILL"]);
  }

  pause(): void {
    this.#isPaused = true;
    this.#stopTurns();
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#handOn();
    if (this.#isPaused) return;
    if (this.#isClosed) this.#tellExit();
    else if (this.#exit) this.#drain();
    else this.#stream.resume();
  }

  #onOutput(data: Uint8Array): void {
    this.#events.output(Channel.PTY, data);
    // A program that prints is likely to read, too.
    if (this.#unwrittenBytes > 0) this.#flushInput();
  }

  #awaitMore(): void {
    if (this.#cancelTurn || this.#isPaused || this.#exit) return;
    this.#stream.pause();
    const turn = setTimeout(() => this.#takeTurn(), Math.max(floodMs, this.#pace.waitMs));
    this.#cancelTurn = () => clearTimeout(turn);
  }

  /** One read of a flood; the piece is handed on when it is full, or nothing more waits. */
  #takeTurn(): void {
    this.#cancelTurn = undefined;
    if (this.#isClosed || this.#isPaused || this.#exit) return;
    if (this.#gatheredBytes === 0 && this.#pace.allowedBytes < readBytesMax) {
      this.#awaitMore();
      return;
    }
    this.#gathered ??= Buffer.allocUnsafeSlow(pieceBytes);
    const got = this.#readOnce(this.#gathered, this.#gatheredBytes);
    this.#gatheredBytes += got;
    this.#pace.took(got);
    const room = Math.min(pieceBytes - this.#gatheredBytes, this.#pace.allowedBytes);
    if (got >= fullReadBytes && room >= readBytesMax) {
      this.#turnSoon();
      return;
    }
    const isFlood = this.#gatheredBytes >= floodBytes;
    this.#handOn();
    // The output may have paused it.
    if (this.#isPaused) return;
    if (got >= fullReadBytes && this.#pace.waitMs === 0) this.#turnSoon();
    else if (isFlood) this.#awaitMore();
    else this.#endFlood();
  }

  #turnSoon(): void {
    const turn = setImmediate(() => this.#takeTurn());
    this.#cancelTurn = () => clearImmediate(turn);
  }

  #endFlood(): void {
    this.#gathered = undefined;
    this.#stream.resume();
  }

  #handOn(): void {
    const bytes = this.#gatheredBytes;
    this.#gatheredBytes = 0;
    if (this.#gathered && bytes > 0) this.#onOutput(this.#gathered.subarray(0, bytes));
  }

  #stopTurns(): void {
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
  }

  #onExit(code: number, signal: number): void {
    this.#exit = { code: signal === 0 ? code : undefined, signal: signalName(signal) };
    if (this.#isClosed) this.#tellExit();
    else this.#drain();
  }

  /** The program has ended: reads what it left, then ends the terminal. */
  #drain(): void {
    if (this.#isClosed || this.#isPaused) return;
    this.#stopTurns();
    this.#stream.pause();
    this.#handOn();
    while (!this.#isPaused && this.#leftBytes > 0) {
      const got = this.#readPiece();
      if (got === 0) break;
      this.#leftBytes -= got;
    }
    if (!this.#isPaused) this.#stream.destroy();
  }

  /** libuv saw a hang-up: what is left is read before the descriptor is closed. */
  #readRest(): void {
    this.#handOn();
    // Paused or not: it cannot be read later.
    while (!this.#isClosed && this.#readPiece() > 0);
  }

  /** Reads until nothing is there or a piece is full, and hands it on; returns its bytes. */
  #readPiece(): number {
    let bytes = 0;
    for (let got = 1; got > 0 && bytes < pieceBytes; bytes += got) got = this.#readOnce(drainBuffer, bytes);
    if (bytes > 0) this.#onOutput(drainBuffer.subarray(0, bytes));
    return bytes;
  }

  /** 0: nothing there (EAGAIN), or nothing there and nobody left to write (EIO). */
  #readOnce(buffer: Buffer, at: number): number {
    try {
      return readSync(this.#fd, buffer, at, buffer.length - at, null);
    } catch {
      return 0;
    }
  }

  #onClose(): void {
    dropMaster(this.#fd);
    this.#isClosed = true;
    this.#stopTurns();
    this.#handOn();
    clearTimeout(this.#retry);
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
    this.#tellExit();
  }

  #tellExit(): void {
    if (!this.#exit || this.#isExitTold || !this.#isClosed) return;
    this.#isExitTold = true;
    this.#events.exit(this.#exit);
  }

  #flushInput(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#isClosed) return;
    for (let first = this.#unwritten[0]; first; first = this.#unwritten[0]) {
      let written: number;
      try {
        written = writeSync(this.#fd, first);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") this.#retryLater();
        else this.#dropInput();
        return;
      }
      this.#retryMs = retryMsMin;
      this.#unwrittenBytes -= written;
      if (written < first.length) this.#unwritten[0] = first.subarray(written);
      else this.#unwritten.shift();
    }
    this.#events.inputDrained?.();
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => this.#flushInput(), this.#retryMs);
    this.#retryMs = Math.min(retryMsMax, this.#retryMs * 2);
  }

  #dropInput(): void {
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
  }
}
