import { createReadStream } from "node:fs";
import path from "node:path";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { readBounded, readStdin } from "./stdin.ts";

const secretBytesMax = 4_096;

/**
 * A secret, or several, from a file or (`-`) from standard input. Never from the command line: every list of processes
 * shows that. `usage`: a command that does it right.
 */
export const readSecret = async (
  context: Pick<Context, "io" | "print" | "signal">,
  file: string,
  { usage, bytesMax = secretBytesMax }: { readonly usage: string; readonly bytesMax?: number },
): Promise<string> => {
  const { io } = context;
  if (file === "-" && io.stdin.isTTY === true)
    throw usageError("The secret comes from standard input.", `For example: ${usage}`);
  const reading =
    file === "-"
      ? readStdin(context, { what: "the secret", bytesMax })
      : readBounded(createReadStream(path.resolve(io.cwd, file)), bytesMax);
  const bytes = await reading.catch((cause: unknown) => {
    const isFile = cause instanceof Error && "syscall" in cause;
    throw isFile ? usageError(`${file} cannot be read: ${cause.message}`, `For example: ${usage}`) : cause;
  });
  const secret = bytes.toString().trim();
  if (secret === "") throw usageError("No secret was given.", `For example: ${usage}`);
  return secret;
};
