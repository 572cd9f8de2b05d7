import { renameSync, rmSync, writeFileSync } from "node:fs";
import type { Clock } from "@cmdop/base";

const coalesceMs = 20;

/**
 * Keeps a JSON file equal to `read()`: replaced whole, soon after `changed`. It is not synced: after a power cut
 * nobody asks what a daemon's state was.
 */
export class StatusFile {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #read: () => unknown;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(path: string, clock: Clock, read: () => unknown) {
    this.#path = path;
    this.#clock = clock;
    this.#read = read;
  }

  changed(): void {
    if (this.#isClosed) return;
    this.#cancel ??= this.#clock.after(coalesceMs, () => {
      this.#cancel = undefined;
      this.write();
    });
  }

  write(): void {
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      writeFileSync(temporary, `${JSON.stringify(this.#read(), undefined, 2)}\n`, { mode: 0o600 });
      renameSync(temporary, this.#path);
    } catch {
      // A full disk must not end a daemon that works; the socket answers all the same.
      removeQuietly(temporary);
    }
  }

  remove(): void {
    this.#isClosed = true;
    this.#cancel?.();
    removeQuietly(this.#path);
  }
}

/** A disk that does not take a file may not let one go either. */
const removeQuietly = (path: string): void => {
  try {
    rmSync(path, { force: true });
  } catch {
    // Whoever reads it sees the pid of a process that is no more.
  }
};
