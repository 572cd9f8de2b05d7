// The user's own terminal while it shows a session. Whatever ends the attachment, `restore` puts it back; it is
// synchronous and may be called again, from a signal or a crash.
import { writeSync } from "node:fs";
import type { Io } from "../io.ts";
import type { Touched } from "./output-filter.ts";
import { pasteModeOn } from "./output-filter.ts";
import { leaveScreen, makeRoom, popTitle, pushTitle, resetModes, resetTouched } from "./terminal-modes.ts";

export interface UserTerminal {
  readonly cols: number;
  readonly rows: number;
  /** Resolves when the terminal has taken it. */
  draw(pieces: readonly (Uint8Array | string)[]): Promise<void>;
  /** The cooked terminal of before, with the cursor below what was drawn. */
  restore(): void;
  /** Raw again after `restore`, for SIGCONT. */
  enter(): void;
}

/** Bounds how long a stopped terminal (^S, a dead ssh) can hold up an exit. */
const writeTriesMax = 200;

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Also while the event loop will not turn again. */
const writeNow = (fd: number, text: string): void => {
  let rest = Buffer.from(text);
  for (let tries = 0; rest.length > 0 && tries < writeTriesMax; tries += 1) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      // Gone with its window: there is nothing to restore.
      if (code !== "EAGAIN") return;
      Atomics.wait(pause, 0, 0, 5);
    }
  }
};

export const openUserTerminal = (io: Io, touched: () => Touched): UserTerminal => {
  const { stdin, stdout } = io;
  const fd = stdout.fd ?? 1;
  let isEntered = false;
  const size = () => ({ cols: stdout.columns || 80, rows: stdout.rows || 24 });
  const setRaw = (isRaw: boolean): void => {
    try {
      stdin.setRawMode?.(isRaw);
    } catch {
      // The terminal is gone.
    }
  };
  const restore = (): void => {
    if (!isEntered) return;
    isEntered = false;
    writeNow(fd, resetModes + resetTouched(touched()) + popTitle + leaveScreen(size().rows));
    setRaw(false);
  };
  io.onCrash(restore);
  return {
    get cols() {
      return size().cols;
    },
    get rows() {
      return size().rows;
    },
    draw: (pieces) =>
      new Promise((resolve, reject) => {
        const [only] = pieces;
        if (only === undefined) return resolve();
        const data = pieces.length === 1 ? only : Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
        stdout.write(data, (error) => (error ? reject(error) : resolve()));
      }),
    enter: () => {
      if (isEntered) return;
      isEntered = true;
      setRaw(true);
      writeNow(fd, pushTitle + makeRoom(size().rows) + pasteModeOn);
    },
    restore,
  };
};
