import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

export interface StartedHost {
  readonly pid: number | undefined;
  readonly logFile: string;
  /** How it ended; undefined while it runs. */
  readonly ended: string | undefined;
}

export interface StartHostOptions {
  /** Node's executable, its options, the script. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The host's standard output and error are appended to it. */
  readonly logFile: string;
}

/**
 * Starts the session host in a session and process group of its own, with none of this process's descriptors: what
 * ends the daemon, a signal to its terminal included, leaves it alone.
 */
export const startHost = ({ command, env, logFile }: StartHostOptions): StartedHost => {
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, "a", 0o600);
  const [file, ...args] = command;
  const started: { pid: number | undefined; logFile: string; ended: string | undefined } = {
    pid: undefined,
    logFile,
    ended: undefined,
  };
  try {
    // The root directory: a host that lives for weeks must keep no file system busy.
    const child = spawn(file, args, {
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...env },
      cwd: "/",
    });
    child.once("error", (error) => {
      started.ended = error.message;
    });
    child.once("exit", (code, signal) => {
      started.ended = signal ?? `exit code ${code}`;
    });
    child.unref();
    started.pid = child.pid;
  } finally {
    closeSync(log);
  }
  return started;
};
