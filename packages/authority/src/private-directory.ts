import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { getSystemErrorMessage } from "node:util";
import { Failure } from "@cmdop/base";

/**
 * Makes the directory and its parents 0700; fails with `directory_unwritable` naming what could not be made, and why.
 * Each is tried once: Node's own recursive mkdir never ends where a parent is there and takes no directory, as /proc.
 */
export const makePrivateDirectorySync = (path: string): void => {
  const wanted = resolve(path);
  const missing: string[] = [];
  for (let at = wanted; !isDirectory(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  for (const at of missing) {
    try {
      mkdirSync(at, { mode: 0o700 });
    } catch (cause) {
      // Somebody else may have made it meanwhile.
      if (isDirectory(at)) continue;
      const where = at === wanted ? "" : `${at}: `;
      const text = `The directory ${wanted} cannot be made: ${where}${systemReasonOf(cause)}.`;
      throw new Failure("directory_unwritable", text, { cause });
    }
  }
};

export const makePrivateDirectory = async (path: string): Promise<void> => makePrivateDirectorySync(path);

const isDirectory = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};

/** As the system says it. */
export const systemReasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error && "errno" in cause && typeof cause.errno === "number"))
    return "it is not known why";
  return "code" in cause && cause.code === "EEXIST"
    ? "there is a file of that name"
    : getSystemErrorMessage(cause.errno);
};
