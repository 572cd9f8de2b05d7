import { spawn } from "node:child_process";
import path from "node:path";
import { openTestTerminal } from "../../apps/cli/src/testing/test-terminal.ts";

const root = path.resolve(import.meta.dirname, "../..");
export const shim = path.join(root, "apps/cli/bin/cmdop.mjs");

export interface CmdopResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
}

export interface RunningCmdop {
  readonly result: Promise<CmdopResult>;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Takes nothing more from standard output until the returned function is called. */
  holdReading(): () => void;
  /** As `head` does when it has what it wants. */
  stopReading(): void;
  kill(signal: NodeJS.Signals): void;
}

const killAfterMsDefault = 60_000;

/**
 * `cmdop` as a program runs it: no terminal anywhere. One that runs a process in its place (`relay start`) is not that
 * process: SIGKILL goes to both, which are a group of their own. What a kill leaves holds the pipes, and the result waits.
 */
export const startCmdop = (
  home: string,
  args: readonly string[],
  options: {
    readonly input?: Uint8Array | string;
    readonly env?: Readonly<Record<string, string>>;
    /** For one that runs as long as its test; default: 60 s. */
    readonly killAfterMs?: number;
  } = {},
): RunningCmdop => {
  const child = spawn(process.execPath, [shim, ...args], {
    env: { ...process.env, CMDOP_HOME: home, NO_COLOR: "1", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const kill = (signal: NodeJS.Signals): void => {
    if (signal !== "SIGKILL" || child.pid === undefined) {
      child.kill(signal);
      return;
    }
    try {
      process.kill(-child.pid, signal);
    } catch {
      // All of the group have ended.
    }
  };
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A command that reads no input closes it before all is written.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const timer = setTimeout(() => kill("SIGKILL"), options.killAfterMs ?? killAfterMsDefault);
  const result = new Promise<CmdopResult>((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timer);
      const stdoutBytes = Buffer.concat(stdout);
      resolve({
        code,
        stdout: stdoutBytes.toString(),
        stdoutBytes,
        stderr: Buffer.concat(stderr).toString(),
      });
    });
  });
  return {
    result,
    stdout: () => Buffer.concat(stdout).toString(),
    stderr: () => Buffer.concat(stderr).toString(),
    holdReading: () => {
      child.stdout.pause();
      return () => child.stdout.resume();
    },
    stopReading: () => child.stdout.destroy(),
    kill,
  };
};

export const runCmdop = (...args: Parameters<typeof startCmdop>): Promise<CmdopResult> =>
  startCmdop(...args).result;

/** The same without a process of its own: for what lies behind a process's streams, signals and exit. */
export const runCmdopHere = async (
  home: string,
  args: readonly string[],
  { input = "", env }: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Pick<CmdopResult, "code" | "stdout" | "stderr">> => {
  const terminal = openTestTerminal(
    { ...process.env, CMDOP_HOME: home, NO_COLOR: "1", ...env },
    { input, cwd: process.cwd(), root },
  );
  const code = await terminal.run(...args);
  return { code, stdout: terminal.texts.out, stderr: terminal.texts.error };
};
