import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Failure } from "@cmdop/base";

export interface ProcessLock {
  release(): void;
}

const sqliteBusy = 5;
/** Of two that try in the same moment each may find the other half-way: SQLite lets one step back and try again. */
const contendedMs = 100;

// A collected database gives its lock back. The lock is the process's, so the process remembers it.
const held = new Set<DatabaseSync>();

/**
 * Takes a lock that at most one process of this machine holds, and that the kernel gives back however the process
 * ends. Node has no flock: SQLite's exclusive transaction takes the same kind of lock on an empty file, in about
 * a millisecond. Never unlink the file: a second process could then lock a new one beside the first.
 *
 * Fails with `already_running` when another process holds it.
 */
export const takeProcessLock = (path: string, what: string): ProcessLock => {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path, { timeout: contendedMs });
  } catch (cause) {
    throw new Failure("directory_unwritable", `The lock file ${path} cannot be opened.`, { cause });
  }
  try {
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    chmodSync(path, 0o600);
  } catch (cause) {
    database.close();
    if (cause instanceof Error && "errcode" in cause && cause.errcode === sqliteBusy) {
      throw new Failure("already_running", `${what} runs already (it holds ${path}).`);
    }
    throw new Failure("directory_unwritable", `The lock file ${path} cannot be written.`, { cause });
  }
  held.add(database);
  return {
    release: () => {
      if (held.delete(database)) database.close();
    },
  };
};
