import { isUtf8 } from "node:buffer";
import { Failure } from "@cmdop/base";
import { lineBytesMax } from "./limits.ts";

// Bytes that are no UTF-8 become U+FFFD. Every U+FFFD is doubled then, so that a line in which one stood rightly
// cannot pass for what was written.
const decodeDamaged = (bytes: Buffer): string => bytes.toString("utf8").replaceAll("\ufffd", "\ufffd\ufffd");

const decodeLines = (bytes: Buffer): readonly string[] => {
  if (isUtf8(bytes)) return bytes.toString("utf8").split("\n");
  const lines: string[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const found = bytes.indexOf(0x0a, from);
    const to = found < 0 ? bytes.length : found;
    const line = bytes.subarray(from, to);
    lines.push(isUtf8(line) ? line.toString("utf8") : decodeDamaged(line));
    from = to + 1;
  }
  return lines;
};

/**
 * The lines of an NDJSON file, from its chunks; a last line without a newline counts. A line with bytes that are not
 * UTF-8 comes as a text that no export wrote. Throws `Failure("message_too_large")` beyond `lineBytesMax`.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(0x0a);
    rest = bytes.subarray(end + 1);
    if (rest.length > lineBytesMax) {
      throw new Failure(
        "message_too_large",
        `A line of an audit export takes at most ${lineBytesMax} bytes.`,
      );
    }
    if (end >= 0) yield* decodeLines(bytes.subarray(0, end));
  }
  if (rest.length > 0) yield* decodeLines(rest);
}
