// How a process ends that cannot go on: with what happened and what to do, and the exit code 1.
import { Failure } from "@cmdop/base";
import type { ConfigResult, Environment } from "./settings.ts";

/** What is used of node's process. */
export type HostProcess = Pick<NodeJS.Process, "cwd" | "env" | "exit" | "on" | "stderr">;

const endWith = (process: HostProcess, lines: readonly string[]): never => {
  for (const line of lines) process.stderr.write(`${line}\n`);
  return process.exit(1);
};

/** The settings; without good ones the process ends with all problems. */
export const configOrEnd = <Config>(
  process: HostProcess,
  parse: (env: Environment, directory: string) => ConfigResult<Config>,
): Config => {
  const parsed = parse(process.env, process.cwd());
  return parsed.kind === "config" ? parsed.config : endWith(process, parsed.problems);
};

/** For `catch`: a Failure ends the process with its text; anything else is a defect and is thrown. */
export const endOnFailure =
  (process: HostProcess) =>
  (error: unknown): never => {
    if (error instanceof Failure) endWith(process, [`${error.code}: ${error.message}`, error.row.remedy]);
    throw error;
  };
