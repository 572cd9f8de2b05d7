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

/** Its first line, bounded; what follows is left. */
export const readLine = async (stdin: Input, bytesMax: number): Promise<string> => {
  let text = "";
  for await (const chunk of stdin) {
    text += chunk.toString();
    if (text.includes("\n") || text.length > bytesMax) break;
  }
  return (text.split("\n")[0] ?? "").slice(0, bytesMax).trim();
};
