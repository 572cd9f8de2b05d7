// Secrets that a person types unseen, or that standard input holds, one a line. Never in an argument: every list of
// processes shows that.
import { leftError, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { questionTerminal } from "../io.ts";
import { readStdin } from "./stdin.ts";

const inputBytesMax = 4_096;

interface AskedSecret {
  readonly message: string;
  readonly isOptional?: boolean;
}

/** One for each that is asked for, as it was given; of an optional one perhaps nothing. */
export const askSecrets = async (
  context: Pick<Context, "io" | "print" | "signal">,
  asked: readonly AskedSecret[],
): Promise<readonly string[]> => {
  const { io } = context;
  const secrets = io.stdin.isTTY === true ? await typed(io, asked) : await readLines(context, asked.length);
  for (const [index, { message, isOptional }] of asked.entries()) {
    if (!secrets[index] && !isOptional) {
      throw usageError(
        `Nothing was given for: ${message}.`,
        "Nothing has changed. Type it, or give it on standard input.",
      );
    }
  }
  return secrets;
};

const typed = async (io: Context["io"], asked: readonly AskedSecret[]): Promise<readonly string[]> => {
  const { isCancel, password } = await import("@clack/prompts");
  const secrets: string[] = [];
  for (const { message } of asked) {
    const secret = await password({ message, ...questionTerminal(io) });
    if (isCancel(secret)) throw leftError();
    // Undefined where only Enter was pressed.
    secrets.push(secret ?? "");
  }
  return secrets;
};

const readLines = async (
  context: Pick<Context, "io" | "print" | "signal">,
  count: number,
): Promise<readonly string[]> => {
  const input = await readStdin(context, { what: "the secrets, one a line", bytesMax: inputBytesMax });
  const lines = input.toString().split(/\r?\n/);
  return Array.from({ length: count }, (_none, index) => lines[index] ?? "");
};
