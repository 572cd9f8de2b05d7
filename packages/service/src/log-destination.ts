// Where a process writes its log: a file descriptor that somebody else made, on a disk that may be full, into a pipe
// that may be full or that nobody reads any more. None of that may stop the process, hold it, or grow without end:
// lines are lost then, counted, and the count is logged once there is room again.
import { write, writeSync } from "node:fs";
import { type LogRotation, openLogRotation, processLogFile } from "./log-rotation.ts";

export { processLogFile } from "./log-rotation.ts";

export interface LogDestination {
  /** One line, its end included. Never throws, never waits. */
  write(line: string): void;
  /** Writes what is gathered, as far as it goes now; for the end of the process. */
  flushSync(): void;
}

export interface LogDestinationOptions {
  readonly fd: number;
  /** Gathered before it is written, and for how long at the most. Default: each line is written at once. */
  readonly block?: { readonly bytes: number; readonly ms: number } | undefined;
  /** Kept while nothing can be written; lines beyond are lost. */
  readonly bytesMax?: number;
  /** Keeps the file from growing without end. */
  readonly rotation?: LogRotation | undefined;
}

const bytesMaxDefault = 1024 * 1024;
const retryMs = 500;
/** A pipe that is full takes no more at the end of the process than this many tries, one after the other. */
const flushTriesMax = 20;

/** Of this process: its standard output, bounded where that is its log file in the home. */
export const openProcessLog = (
  home: string,
  name: string,
  block?: LogDestinationOptions["block"],
): LogDestination =>
  openLogDestination({
    fd: 1,
    block,
    rotation: openLogRotation({ fd: 1, file: processLogFile(home, name) }),
  });

export const openLogDestination = (options: LogDestinationOptions): LogDestination => {
  const { fd, block, bytesMax = bytesMaxDefault, rotation } = options;
  let lines: Buffer[] = [];
  let gatheredBytes = 0;
  /** Taken from `lines`, on its way. */
  let current: Buffer = Buffer.alloc(0);
  let isWriting = false;
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;

  const take = (): void => {
    if (current.length > 0 || lines.length === 0) return;
    current = Buffer.concat(lines);
    lines = [];
    gatheredBytes = 0;
  };
  const later = (ms: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      pump();
    }, ms);
    timer.unref();
  };
  const tellLost = (): void => {
    if (lost === 0) return;
    const told = { level: "warn", time: new Date(), event: "log.lost", lines: lost };
    lines.unshift(Buffer.from(`${JSON.stringify(told)}\n`));
    lost = 0;
  };
  /** Behind a write: what came meanwhile waits for its block too, and for its time. */
  const isDueNow = (): boolean =>
    block === undefined || current.length > 0 || timer === undefined || gatheredBytes >= block.bytes;
  const pump = (): void => {
    take();
    if (isWriting || current.length === 0) return;
    isWriting = true;
    write(fd, current, 0, current.length, null, (error, written) => {
      isWriting = false;
      if (error) {
        later(retryMs);
        return;
      }
      current = current.subarray(written);
      const isDue = rotation?.isDue(written);
      if (current.length === 0) tellLost();
      if (rotation && isDue && current.length === 0) rotate(rotation);
      else if (isDueNow()) pump();
    });
  };
  /** Between two lines; those that come meanwhile are gathered. */
  const rotate = async (due: LogRotation): Promise<void> => {
    isWriting = true;
    await due.rotate();
    isWriting = false;
    if (isDueNow()) pump();
  };

  return {
    write: (line) => {
      if (gatheredBytes + current.length + line.length > bytesMax) {
        lost += 1;
        return;
      }
      // A line is made of a hundred pieces: as a text they would all live until it is written.
      const bytes = Buffer.from(line);
      lines.push(bytes);
      gatheredBytes += bytes.length;
      if (timer !== undefined && block === undefined) return;
      if (block !== undefined && gatheredBytes < block.bytes) later(block.ms);
      else pump();
    },
    flushSync: () => {
      for (let tries = 0; tries < flushTriesMax; tries += 1) {
        take();
        if (current.length === 0) return;
        try {
          // A write that is under way has the same bytes: a line that comes twice is better than none.
          current = current.subarray(writeSync(fd, current));
        } catch (error) {
          if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
        }
      }
    },
  };
};
