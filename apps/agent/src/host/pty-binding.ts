// The native half of node-pty, used without its JavaScript half, which ends a terminal 200 ms after its program
// whether its output was read or not, writes by polling, and allocates 64 KiB for each read of at most 4 KiB.
// The package is pinned; pty-binding.test.ts keeps what we rely on.

import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Failure } from "@cmdop/base";

export interface PtyBinding {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    isUtf8: boolean,
    helperPath: string,
    onExit: (code: number, signal: number) => void,
  ): { readonly fd: number; readonly pid: number; readonly pty: string };
  resize(fd: number, cols: number, rows: number, pixelWidth: number, pixelHeight: number): void;
}

interface LoadedBinding {
  readonly binding: PtyBinding;
  /** The program that macOS forks through. */
  readonly helperPath: string;
}

let loaded: LoadedBinding | undefined;

export const loadPtyBinding = (): LoadedBinding => {
  if (loaded) return loaded;
  const platform = `${process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    // The platform package is a dependency of node-pty, not of ours: it is found from there.
    const fromPty = createRequire(require.resolve("@lydell/node-pty"));
    const lib = dirname(fromPty.resolve(`@lydell/node-pty-${platform}`));
    const directory = join(dirname(lib), "prebuilds", platform);
    loaded = { binding: fromPty(join(directory, "pty.node")), helperPath: join(directory, "spawn-helper") };
    return loaded;
  } catch (cause) {
    throw new Failure("spawn_failed", `Terminals are not available on ${platform}.`, { cause });
  }
};

/**
 * Runs `fork` with every file descriptor below the highest terminal's in use. The child closes what it inherits
 * from 3 up to the first that is free, and masters are not close-on-exec: with a hole below them, a program
 * would hold other sessions' terminals open, and could type into them.
 */
export const withoutHoles = <Result>(masters: Iterable<number>, fork: () => Result): Result => {
  const highest = Math.max(2, ...masters);
  const plugs: number[] = [];
  try {
    for (let fd = -1; fd <= highest; plugs.push(fd)) fd = openSync("/dev/null", "r");
    return fork();
  } finally {
    for (const fd of plugs) closeSync(fd);
  }
};

const openMasters = new Set<number>();

/** Descriptors that a program started in another way must not inherit. */
export const masterDescriptors = (): ReadonlySet<number> => openMasters;
export const noteMaster = (fd: number): void => void openMasters.add(fd);
export const dropMaster = (fd: number): void => void openMasters.delete(fd);
