import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import type { Input } from "../io.ts";

type Reader = Pick<Context, "io" | "print" | "signal">;

/** All of standard input, bounded; ended by ^C. At a terminal it says that it waits for `what`. */
export const readStdin = (
  { io, print, signal }: Reader,
  { what, bytesMax }: { readonly what: string; readonly bytesMax: number },
): Promise<Buffer> => {
  if (io.stdin.isTTY === true) print.note(`Paste ${what}, then press Enter and Ctrl-D.`);
  return untilInterrupted(readBounded(io.stdin, bytesMax), signal);
};

/** Its first line, bounded; what follows is left. */
export const readStdinLine = ({ io, signal }: Reader, bytesMax: number): Promise<string> =>
  untilInterrupted(readLine(io.stdin, bytesMax), signal);

/** All of a stream, bounded. */
export const readBounded = async (input: Input, bytesMax: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk);
    size += bytes.length;
    if (size > bytesMax) throw usageError(`It has more than ${bytesMax} bytes.`, "Send less, or in parts.");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
};

const readLine = async (stdin: Input, bytesMax: number): Promise<string> => {
  let text = "";
  for await (const chunk of stdin) {
    text += chunk.toString();
    if (text.includes("\n") || text.length > bytesMax) break;
  }
  return (text.split("\n")[0] ?? "").slice(0, bytesMax).trim();
};

/** A read of a terminal that nobody types at goes on for ever: it is left to the end of the process. */
const untilInterrupted = <Value>(reading: Promise<Value>, signal: AbortSignal): Promise<Value> =>
  Promise.race([
    reading,
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      if (signal.aborted) reject(signal.reason);
    }),
  ]);
