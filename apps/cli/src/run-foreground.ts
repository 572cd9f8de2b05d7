import { spawn } from "node:child_process";
import { constants } from "node:os";
import { CliError } from "./cli-error.ts";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";

/** Runs one of the clone's processes in this terminal until it ends; signals to us go to it. */
export const runForeground = (
  context: Context,
  options: {
    readonly main: string;
    readonly args?: readonly string[];
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly what: string;
    /** File descriptors in place of this terminal's. */
    readonly stdin?: number;
    readonly stdout?: number;
  },
): Promise<ExitCode> => {
  const { io } = context;
  context.ownSignals();
  return new Promise((resolve, reject) => {
    const child = spawn(io.nodePath, [options.main, ...(options.args ?? [])], {
      stdio: [options.stdin ?? "inherit", options.stdout ?? "inherit", "inherit"],
      env: { ...io.env, ...options.env, CMDOP_HOME: context.home },
    });
    const offs = [
      // ^C reaches it by itself: it is in our process group.
      io.onSignal("SIGINT", () => {}),
      io.onSignal("SIGTERM", () => child.kill("SIGTERM")),
      io.onSignal("SIGHUP", () => child.kill("SIGHUP")),
    ];
    const stop = () => {
      for (const off of offs) off();
    };
    child.on("error", (cause) => {
      stop();
      reject(
        new CliError({
          what: `cannot start ${options.what}`,
          why: cause.message,
          next: "Check that the clone is complete: npm ci",
          code: "internal",
          cause,
        }),
      );
    });
    child.on("exit", (code, signal) => {
      stop();
      resolve(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
    });
  });
};
