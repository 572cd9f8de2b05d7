// Anthropic's Messages (https://docs.anthropic.com/en/api/messages): passed on to providers that speak them (OpenRouter,
// servers of the operator's own), translated for the others.
import { isJsonObject, type JsonObject } from "../json-text.ts";
import { type Protocol, readTypedEvent, type Seen, type StreamWatch, seenChunk } from "../protocol.ts";
import { type Refusal, refuse } from "../refusals.ts";
import type { ProviderEntry } from "../route-table.ts";
import { readTokens } from "../usage.ts";

const checkMessages = (body: JsonObject): Refusal | undefined =>
  Array.isArray(body.messages)
    ? undefined
    : refuse("invalid_value", { message: "messages must be an array.", param: "messages" });

/** Whether it may: a server of the operator's own is asked, and says so when it does not. */
export const servesMessages = ({ kind, isCustom }: ProviderEntry): boolean =>
  kind === "openrouter" || (kind === "openai" && isCustom);

/** Anthropic's words for a status (https://docs.anthropic.com/en/api/errors). */
const typeOf = (status: number): string => {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 404) return "not_found_error";
  if (status === 413) return "request_too_large";
  if (status === 429) return "rate_limit_error";
  if (status === 503) return "overloaded_error";
  return status < 500 ? "invalid_request_error" : "api_error";
};

const toErrorBody = ({ status, message, code }: Refusal): string =>
  JSON.stringify({ type: "error", error: { type: typeOf(status), message, code } });

const shared = {
  encoding: "json",
  forwards: ["anthropic-version", "anthropic-beta"],
  refusedBy: () => undefined,
  members: () => ({}),
  wantsUsage: () => false,
  doneEvent: undefined,
  toErrorBody,
  toErrorEvent: (refusal: Refusal) => `event: error\ndata: ${toErrorBody(refusal)}\n\n`,
} as const;

export const messagesProtocol: Protocol = {
  ...shared,
  name: "messages",
  path: "/messages",
  isFree: false,
  check: checkMessages,
  createWatch: () => new MessagesWatch(),
  isAnswer: (body) => body.type === "message",
};

export const countTokensProtocol: Protocol = {
  ...shared,
  name: "count_tokens",
  path: "/messages/count_tokens",
  isFree: true,
  check: (body) =>
    body.stream === true
      ? refuse("invalid_value", { message: "Counting does not stream.", param: "stream" })
      : checkMessages(body),
  createWatch: () => ({ isComplete: false, see: (): Seen => ({ kind: "unreadable" }) }),
  isAnswer: (body) => typeof body.input_tokens === "number",
};

class MessagesWatch implements StreamWatch {
  isComplete = false;
  /** Of the first event; the last one repeats the output alone. */
  #start: JsonObject = {};

  see(bytes: Uint8Array): Seen {
    const read = readTypedEvent(bytes);
    if (read.kind === "done") return { kind: "comment" };
    if (read.kind !== "event") return read;
    const { type, event } = read;
    if (type === "error") return { kind: "error", error: event.error ?? event };
    if (type === "message_start") {
      const message = isJsonObject(event.message) ? event.message : {};
      this.#start = isJsonObject(message.usage) ? message.usage : {};
      return seenChunk({ tokens: readTokens(this.#start) });
    }
    if (type === "message_delta") {
      const usage = isJsonObject(event.usage) ? event.usage : {};
      return seenChunk({ hasContent: true, tokens: readTokens({ ...this.#start, ...usage }) });
    }
    this.isComplete ||= type === "message_stop";
    return seenChunk({
      hasContent: type !== "ping" && type !== "content_block_start",
      chars: deltaChars(event),
    });
  }
}

const deltaChars = (event: JsonObject): number => {
  if (!isJsonObject(event.delta)) return 0;
  const { text, partial_json: json, thinking } = event.delta;
  return [text, json, thinking].reduce<number>(
    (sum, part) => sum + (typeof part === "string" ? part.length : 0),
    0,
  );
};
