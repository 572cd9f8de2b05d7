import type { Context } from "../context.ts";
import { readSecret } from "./secret-input.ts";
import { askSecrets } from "./secret-prompt.ts";

/** 64 keys of 4 KiB. */
const bytesMax = 256 * 1024;

/** One a line, from a file or (`-`) from standard input; at a terminal one is typed, unseen. */
export const readProviderKeys = async (
  context: Pick<Context, "io" | "print" | "signal">,
  file: string,
): Promise<string[]> => {
  if (file === "-" && context.io.stdin.isTTY === true) {
    const [key = ""] = await askSecrets(context, [{ message: "The provider's key" }]);
    return [key.trim()];
  }
  const usage = "cmdop providers add NAME < key.txt, or with --no-key";
  return (await readSecret(context, file, { usage, bytesMax })).split(/\s+/);
};
