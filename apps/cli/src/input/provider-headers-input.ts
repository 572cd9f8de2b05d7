import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { readSecret } from "./secret-input.ts";

const headersBytesMax = 64 * 1024;

/** One header a line, `Name: value`. As keys are, from a file or (`-`) from standard input: a header may be one. */
export const readProviderHeaders = async (
  context: Pick<Context, "io" | "print" | "signal">,
  file: string,
  keyFile: string | undefined,
): Promise<Readonly<Record<string, string>>> => {
  if (file === "-" && keyFile === "-") {
    throw usageError(
      "Keys and headers cannot both come from standard input.",
      "Give the keys with --key-file, or say --no-key.",
    );
  }
  const text = await readSecret(context, file, {
    usage: "cmdop providers update openai --headers-file headers.txt",
    bytesMax: headersBytesMax,
  });
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return Object.fromEntries(
    lines.map((line, index) => {
      const [, name, value] = /^([A-Za-z0-9-]+):\s*(.*\S)\s*$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      // Not the line itself: it may hold a secret.
      throw usageError(`Line ${index + 1} of ${file} is no header.`, "For example: X-Team: research");
    }),
  );
};
