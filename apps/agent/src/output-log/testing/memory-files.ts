import { basename, dirname } from "node:path";
import type { LogFiles } from "../log-files.ts";

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** A file system in memory, with a disk of a settable size. */
export class MemoryFiles implements LogFiles {
  readonly contents = new Map<string, Buffer>();
  /** Bytes that fit on the disk. */
  capacity = Number.POSITIVE_INFINITY;
  /** Every write fails with this. */
  failing: string | undefined;
  readonly #open = new Map<number, string>();
  #next = 100;

  get openCount(): number {
    return this.#open.size;
  }

  get usedBytes(): number {
    return [...this.contents.values()].reduce((sum, { length }) => sum + length, 0);
  }

  list(directory: string): readonly string[] {
    return [...this.contents.keys()]
      .filter((path) => dirname(path) === directory)
      .map((path) => basename(path));
  }

  openNew(path: string): number {
    if (this.failing) throw failure(this.failing);
    if (this.contents.has(path)) throw failure("EEXIST");
    this.contents.set(path, Buffer.alloc(0));
    return this.#opened(path);
  }

  openRead(path: string): number {
    if (!this.contents.has(path)) throw failure("ENOENT");
    return this.#opened(path);
  }

  writev(fd: number, buffers: readonly Uint8Array[], position: number): number {
    if (this.failing) throw failure(this.failing);
    const path = this.#path(fd);
    const old = this.contents.get(path) ?? Buffer.alloc(0);
    const bytes = Buffer.concat(buffers);
    // As a disk does: what still fits is written.
    const room = this.capacity - this.usedBytes + Math.max(0, old.length - position);
    if (room <= 0) throw failure("ENOSPC");
    const written = bytes.subarray(0, Math.min(bytes.length, room));
    const grown = Buffer.alloc(Math.max(old.length, position + written.length));
    old.copy(grown);
    written.copy(grown, position);
    this.contents.set(path, grown);
    return written.length;
  }

  read(fd: number, into: Buffer, position: number): number {
    return (this.contents.get(this.#path(fd)) ?? Buffer.alloc(0)).copy(into, 0, position);
  }

  truncate(fd: number, size: number): void {
    const path = this.#path(fd);
    this.contents.set(path, (this.contents.get(path) ?? Buffer.alloc(0)).subarray(0, size));
  }

  close(fd: number): void {
    if (!this.#open.delete(fd)) throw failure("EBADF");
  }

  unlink(path: string): void {
    if (!this.contents.delete(path)) throw failure("ENOENT");
  }

  #opened(path: string): number {
    this.#next += 1;
    this.#open.set(this.#next, path);
    return this.#next;
  }

  #path(fd: number): string {
    const path = this.#open.get(fd);
    if (path === undefined) throw failure("EBADF");
    return path;
  }
}
