import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";

/** Well under the second in which a revocation must end a live stream. */
export const filePollMs = 250;

const signatureOf = async (path: string): Promise<string> => {
  try {
    const facts = await stat(path, { bigint: true });
    return `${facts.ino}:${facts.size}:${facts.mtimeNs}:${facts.ctimeNs}`;
  } catch {
    return "absent";
  }
};

/**
 * Calls `onChange` after each change of the file, until the returned function is called. The directory is
 * watched, so that a rename over the file is seen; and the file is polled beside that, since watching misses
 * changes on some file systems. Calls never overlap: a change during one causes another.
 */
export const watchFile = (
  path: string,
  onChange: () => Promise<void>,
  pollMs: number = filePollMs,
): (() => void) => {
  let isClosed = false;
  let isBusy = false;
  let isAgain = false;
  let last: string | undefined;

  const look = async (): Promise<void> => {
    if (isClosed) return;
    if (isBusy) {
      isAgain = true;
      return;
    }
    isBusy = true;
    try {
      do {
        isAgain = false;
        const now = await signatureOf(path);
        if (now !== last && !isClosed) {
          // Taken before the read: a write during it gives another signature, hence another read.
          last = now;
          await onChange();
        }
      } while (isAgain && !isClosed);
    } finally {
      isBusy = false;
    }
  };

  let watcher: FSWatcher | undefined;
  try {
    const name = basename(path);
    watcher = watch(dirname(path), { persistent: false }, (_event, changed) => {
      if (changed === null || changed === name) void look();
    });
    watcher.on("error", () => watcher?.close());
  } catch {
    // Polling alone is enough, only slower.
  }
  const timer = setInterval(() => void look(), pollMs);
  timer.unref();
  void look();

  return () => {
    isClosed = true;
    clearInterval(timer);
    watcher?.close();
  };
};
