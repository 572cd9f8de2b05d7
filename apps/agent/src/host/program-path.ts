import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { Failure, toDisplayText } from "@cmdop/base";

type Finding = "runs" | "not_executable" | "missing";

const look = (path: string): Finding => {
  try {
    if (!statSync(path).isFile()) return "not_executable";
    accessSync(path, constants.X_OK);
    return "runs";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? "not_executable" : "missing";
  }
};

/** The program's absolute path, found as execvp(3) does, or the failure that says why it cannot run. */
export const findProgram = (name: string, { cwd, path }: { cwd: string; path: string }): string | Failure => {
  const shown = toDisplayText(name, 120);
  const candidates = name.includes("/")
    ? [isAbsolute(name) ? name : resolve(cwd, name)]
    : path.split(delimiter).map((directory) => join(resolve(cwd, directory || "."), name));
  let isFoundUnusable = false;
  for (const candidate of candidates) {
    const finding = look(candidate);
    if (finding === "runs") return candidate;
    isFoundUnusable ||= finding === "not_executable";
  }
  return isFoundUnusable
    ? new Failure("command_not_executable", `"${shown}" cannot be executed.`)
    : new Failure("command_not_found", `There is no program "${shown}" on the machine.`);
};

/** Undefined: a program can start there. */
export const checkDirectory = (cwd: string): Failure | undefined => {
  const shown = toDisplayText(cwd, 200);
  if (!isAbsolute(cwd))
    return new Failure("spawn_failed", `The directory "${shown}" is not an absolute path.`);
  try {
    if (!statSync(cwd).isDirectory()) return new Failure("spawn_failed", `"${shown}" is not a directory.`);
    accessSync(cwd, constants.X_OK);
    return undefined;
  } catch (error) {
    const isDenied = (error as NodeJS.ErrnoException).code === "EACCES";
    return new Failure(
      "spawn_failed",
      isDenied ? `The directory "${shown}" may not be entered.` : `There is no directory "${shown}".`,
    );
  }
};
