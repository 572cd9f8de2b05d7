import { type FeedHeartbeat, type RevocationRow, revocationLineSchema } from "./contract.ts";
import { edgeLimits } from "./limits.ts";

/** One line of the revocation stream. */
export type FeedLine = RevocationRow | FeedHeartbeat;

/** Lines of NDJSON, gathered by the piece in which they came. Rejects at a line that is too long or no line of ours. */
export async function* readFeedLines(pieces: AsyncIterable<Uint8Array>): AsyncIterable<readonly FeedLine[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of pieces) {
    rest += decoder.decode(piece, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > edgeLimits.feedLineBytesMax) throw new Error("a line of the feed is too long");
    yield lines
      .filter((line) => line.trim() !== "")
      .map((line) => revocationLineSchema.parse(JSON.parse(line)));
  }
}

export const isRevocation = (line: FeedLine): line is RevocationRow => "seq" in line;
