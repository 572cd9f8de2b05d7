// Bounds a log whose descriptor somebody else made, and which is therefore the same file for as long as the process
// lives: what it holds is copied away, then it is emptied. Whoever appends goes on at its beginning.
//
// L1 No line is lost between the files: it is emptied when all of it lies in the copy. A process killed in between leaves
//    lines in both.
// L2 A log is at most `bytesMax` and what was gathered for one write; with its copies `kept` + 1 times that. Where no copy
//    can be made, it is emptied at twice the bound.
import {
  appendFileSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  ftruncateSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";

export interface LogRotation {
  /** So many bytes more were written: whether it is time. */
  isDue(writtenBytes: number): boolean;
  /** Nothing may be written by this process meanwhile. Never rejects. */
  rotate(): Promise<void>;
}

export interface LogRotationOptions {
  readonly fd: number;
  /** Where the descriptor's file lies; when it is another file, nothing is done. */
  readonly file: string;
  readonly bytesMax?: number;
  /** `FILE.1` is the newest copy. */
  readonly kept?: number;
}

/** Of each process: 8 MiB four times. */
const bytesMaxDefault = 8 * 1024 * 1024;
const keptDefault = 3;

/** Where `npm start`, `cmdop up` and the agent put the output of a process. */
export const processLogFile = (home: string, name: string): string => path.join(home, "logs", `${name}.log`);

/** Undefined: the descriptor is not that file (a terminal, systemd's journal, a file of somebody else). */
export const openLogRotation = (options: LogRotationOptions): LogRotation | undefined => {
  const { fd, file, bytesMax = bytesMaxDefault, kept = keptDefault } = options;
  const isOurs = (): boolean => {
    try {
      const [opened, named] = [fstatSync(fd), statSync(file)];
      return opened.isFile() && opened.ino === named.ino && opened.dev === named.dev;
    } catch {
      return false;
    }
  };
  if (!isOurs()) return undefined;
  const copy = `${file}.new`;
  let bytes = fstatSync(fd).size;
  /** One that grew before there was a bound keeps its end. */
  let from = Math.max(0, bytes - bytesMax);
  /** Rises while no copy can be made. */
  let dueBytes = bytesMax;

  const discard = (): void => {
    try {
      rmSync(copy, { force: true });
    } catch {
      // It stays in the way.
    }
  };
  const finish = (): void => {
    // What others wrote to the file meanwhile: a warning of Node, on standard error.
    const rest = fstatSync(fd).size - from - statSync(copy).size;
    if (rest > 0) appendFileSync(copy, readFileSync(file).subarray(-rest));
    for (let at = kept; at > 1; at -= 1) {
      try {
        renameSync(`${file}.${at - 1}`, `${file}.${at}`);
      } catch {
        // There are not so many yet.
      }
    }
    renameSync(copy, `${file}.1`);
  };

  return {
    isDue: (writtenBytes) => {
      bytes += writtenBytes;
      return bytes >= dueBytes;
    },
    rotate: async () => {
      if (!isOurs()) {
        // Renamed by somebody else, who looks after it.
        dueBytes = Number.POSITIVE_INFINITY;
        return;
      }
      try {
        await pipeline(createReadStream(file, { start: from }), createWriteStream(copy, { mode: 0o600 }));
        finish();
      } catch {
        discard();
        dueBytes = bytes + bytesMax / 8;
        if (bytes < 2 * bytesMax) return;
      }
      ftruncateSync(fd);
      bytes = 0;
      from = 0;
      dueBytes = bytesMax;
    },
  };
};
