// A conversation told as a stream in the words of the caller's protocol.
import { type Piece, toChunkEvent } from "../core/completion-stream.ts";
import { MessageWriter } from "../core/messages/answer.ts";
import type { Call } from "../core/protocol.ts";
import type { Refusal } from "../core/refusals.ts";
import type { End } from "../core/usage.ts";
import type { Conversation } from "./conversation.ts";

export interface ComposedStream {
  readonly call: Call;
  readonly conversation: Conversation;
  /** What the provider sends of the first answer. */
  readonly from: AsyncGenerator<Uint8Array>;
  /** A chat completion, told as Anthropic's Message. */
  readonly isTranslated: boolean;
  readonly signal: AbortSignal;
  /** Told once, last. */
  readonly over: (end: End, refusal: Refusal | undefined) => void;
}

const encoder = new TextEncoder();

export async function* composedBlocks(stream: ComposedStream): AsyncGenerator<Uint8Array> {
  const { call, conversation, from, isTranslated, signal, over } = stream;
  const { protocol } = call;
  let end: End = "aborted";
  let failure: Refusal | undefined;
  try {
    const writer = isTranslated ? new MessageWriter(call.model, () => conversation.searches) : undefined;
    const wantsUsage = writer !== undefined || protocol.wantsUsage(call);
    for await (const piece of conversation.stream(from, wantsUsage)) {
      if (signal.aborted) return;
      failure = piece.kind === "error" ? piece.refusal : undefined;
      const text = toText(piece, writer, protocol.toErrorEvent);
      if (text !== "") yield encoder.encode(text);
    }
    if (signal.aborted) return;
    end = failure ? "failed" : "finished";
    if (!failure) yield encoder.encode(writer ? writer.end() : (protocol.doneEvent ?? ""));
  } finally {
    over(end, end === "failed" ? failure : undefined);
  }
}

const toText = (
  piece: Piece,
  writer: MessageWriter | undefined,
  toErrorEvent: (refusal: Refusal) => string,
): string => {
  if (piece.kind === "error") return toErrorEvent(piece.refusal);
  return writer ? writer.push(piece.chunk) : toChunkEvent(piece.chunk);
};
