import { usageError } from "./cli-error.ts";
import type { Input } from "./io.ts";

/** All of standard input, bounded. */
export const readStdin = async (stdin: Input, bytesMax: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk);
    size += bytes.length;
    if (size > bytesMax) {
      throw usageError(`Standard input has more than ${bytesMax} bytes.`, "Send less, or in parts.");
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
};
