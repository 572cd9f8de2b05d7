import { type ChildProcess, spawn } from "node:child_process";

export interface ServiceProcess {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly output: { readonly out: string; readonly err: string };
  /** Its exit code, when all that it said is here; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** The lines of its log so far. */
  events(): readonly Record<string, unknown>[];
}

/** Starts the `main.ts` of a service with these variables and no others. */
export const startServiceProcess = (main: string, env: Readonly<Record<string, string>>): ServiceProcess => {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { out: "", err: "" };
  child.stdout.on("data", (data: Buffer) => {
    output.out += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    output.err += data.toString();
  });
  return {
    child,
    output,
    exited: new Promise((resolve) => child.once("close", (code) => resolve(code))),
    events: () =>
      output.out
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
};
