// Real pipes for a command's streams. What Node gives a child is a socket, and a program that opens its stream by
// name (`echo x > /dev/stderr`, `tee /dev/stdout`, `cat /dev/stdin`) gets ENXIO for a socket. Node cannot make a
// pipe; a FIFO of which both ends are open is nearly one.

import { execFile } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "@cmdop/base";

export interface CommandPipes {
  readonly stdin: Socket | undefined;
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** For the child: its stdin (or none), stdout, stderr. */
  readonly childEnds: readonly [number | undefined, number, number];
  /** Once the child has them, this process must not: it would never see an end. */
  closeChildEnds(): void;
  /**
   * After stdin was closed: lets go whoever opens it by name. Unlike a pipe, a FIFO makes its opener wait for a
   * writer, also when all have come and gone.
   */
  releaseReaders(): void;
  /** Ends what is open and removes what is left on disk. */
  destroy(): void;
}

const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants;

export const openPipes = async ({ hasStdin }: { readonly hasStdin: boolean }): Promise<CommandPipes> => {
  const directory = mkdtempSync(join(tmpdir(), "cmdop-pipes-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const opened: number[] = [];
  const open = (path: string, flags: number): number => {
    const fd = openSync(path, flags);
    opened.push(fd);
    return fd;
  };
  try {
    const paths = (hasStdin ? ["out", "err", "in"] : ["out", "err"]).map((name) => join(directory, name));
    await makeFifos(paths);
    const [out = "", err = "", input] = paths;
    // A reader that does not wait first: then a writer that would wait does not have to.
    const [outRead, errRead] = [open(out, O_RDONLY | O_NONBLOCK), open(err, O_RDONLY | O_NONBLOCK)];
    const [outWrite, errWrite] = [open(out, O_WRONLY), open(err, O_WRONLY)];
    const inputEnds = input === undefined ? undefined : openInput(input, open);
    // Only stdin is opened by its path later.
    if (input === undefined) remove();
    else for (const path of [out, err]) rmSync(path);
    const childEnds = [inputEnds?.read, outWrite, errWrite] as const;
    const stdout = new Socket({ fd: outRead, readable: true, writable: false });
    const stderr = new Socket({ fd: errRead, readable: true, writable: false });
    const stdin = inputEnds && new Socket({ fd: inputEnds.write, readable: false, writable: true });
    const closeChildEnds = () => {
      for (const fd of childEnds) if (fd !== undefined) closeSync(fd);
    };
    return {
      stdin,
      stdout,
      stderr,
      childEnds,
      closeChildEnds,
      releaseReaders: () => {
        try {
          if (input !== undefined) closeSync(openSync(input, O_WRONLY | O_NONBLOCK));
        } catch {
          // ENXIO: nobody reads any more.
        }
      },
      destroy: () => {
        for (const socket of [stdin, stdout, stderr]) socket?.destroy();
        remove();
      },
    };
  } catch (cause) {
    for (const fd of opened) closeSync(fd);
    remove();
    throw new Failure("spawn_failed", "The command's pipes could not be made.", { cause });
  }
};

const openInput = (path: string, open: (path: string, flags: number) => number) => {
  // Held open in both directions so that the child's end, which must wait for bytes, opens without waiting.
  const both = openSync(path, O_RDWR);
  try {
    return { read: open(path, O_RDONLY), write: open(path, O_WRONLY | O_NONBLOCK) };
  } finally {
    closeSync(both);
  }
};

const makeFifos = (paths: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile("mkfifo", ["-m", "600", ...paths], { timeout: 5_000 }, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
