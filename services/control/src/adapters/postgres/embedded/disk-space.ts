import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";

const mebibyte = 1024 * 1024;

/**
 * Below this the engine only reads. PostgreSQL ends itself when its log finds no space, so it must not come to that:
 * four segments of the log, and as much again for what a checkpoint and one transaction write.
 */
const readOnlyBelowBytes = 32 * mebibyte;
/** Writing goes on with somewhat more, so that the two do not alternate. */
const writableFromBytes = 40 * mebibyte;
/** Given up when the engine starts without space: recovery needs some segments of the log. */
const ballastBytes = 16 * mebibyte;
/** How stale a look at the disk may be, in time and in bytes written since. */
const lookEveryMs = 100;
const lookEveryBytes = 4 * mebibyte;

/** Watches the space that the embedded engine has, and keeps some for its recovery. */
export class DiskSpace {
  readonly #directory: string;
  readonly #ballast: string;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #lookedBytes = 0;
  #isFull = false;

  constructor(directory: string) {
    this.#directory = directory;
    this.#ballast = join(directory, "space-for-recovery");
  }

  #freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#directory);
    return bavail * bsize;
  }

  /** Before the engine starts: frees the ballast when there is too little to recover with. */
  prepare(): void {
    if (this.#freeBytes() < ballastBytes) rmSync(this.#ballast, { force: true });
  }

  /** Whether the engine may only read now. Looks at the disk when the last look is stale. */
  isFull(nowMs: number, bytesWritten: number): boolean {
    if (nowMs - this.#lookedMs < lookEveryMs && bytesWritten - this.#lookedBytes < lookEveryBytes) {
      return this.#isFull;
    }
    this.#lookedMs = nowMs;
    this.#lookedBytes = bytesWritten;
    const free = this.#freeBytes();
    this.#isFull = free < (this.#isFull ? writableFromBytes : readOnlyBelowBytes);
    if (free > writableFromBytes + 2 * ballastBytes) this.#keepBallast();
    return this.#isFull;
  }

  #keepBallast(): void {
    if (statSync(this.#ballast, { throwIfNoEntry: false })?.size === ballastBytes) return;
    const file = openSync(this.#ballast, "w", 0o600);
    try {
      // A hole would keep nothing.
      const block = Buffer.alloc(mebibyte, 1);
      for (let written = 0; written < ballastBytes; written += block.length) writeSync(file, block);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
