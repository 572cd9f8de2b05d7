import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  unlinkSync,
  writevSync,
} from "node:fs";

/** What the output log needs of a file system. Every call may throw an Error with a `code`. */
export interface LogFiles {
  list(directory: string): readonly string[];
  openNew(path: string): number;
  openRead(path: string): number;
  /** Bytes written; may be fewer than given. */
  writev(fd: number, buffers: readonly Uint8Array[], position: number): number;
  read(fd: number, into: Buffer, position: number): number;
  truncate(fd: number, size: number): void;
  close(fd: number): void;
  unlink(path: string): void;
}

export const diskFiles: LogFiles = {
  list: (directory) => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return readdirSync(directory);
  },
  openNew: (path) => openSync(path, "wx", 0o600),
  openRead: (path) => openSync(path, "r"),
  writev: (fd, buffers, position) => writevSync(fd, buffers, position),
  read: (fd, into, position) => readSync(fd, into, 0, into.length, position),
  truncate: (fd, size) => ftruncateSync(fd, size),
  close: (fd) => closeSync(fd),
  unlink: (path) => unlinkSync(path),
};
