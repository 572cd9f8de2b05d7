import { createReadStream } from "node:fs";
import path from "node:path";
import { usageError } from "./cli-error.ts";
import type { Context } from "./context.ts";
import { readStdin } from "./stdin.ts";

/** 64 keys of 4 KiB. */
const keyBytesMax = 256 * 1024;

/** A provider's keys, one a line, from a file or (`-`) from standard input. */
export const readProviderKeys = async ({ io }: Pick<Context, "io">, file: string): Promise<string[]> => {
  if (file === "-" && io.stdin.isTTY === true) {
    throw usageError("The keys come from standard input.", "For example: cmdop providers add NAME < key.txt");
  }
  const input = file === "-" ? io.stdin : createReadStream(path.resolve(io.cwd, file));
  const keys = (await readStdin(input, keyBytesMax))
    .toString()
    .split(/\s+/)
    .filter((key) => key !== "");
  if (keys.length === 0) throw usageError("No key was given.", "One a line; or pass --no-key.");
  return keys;
};
