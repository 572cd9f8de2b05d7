// OpenAI's Responses (https://platform.openai.com/docs/api-reference/responses): what the gateway reads of them.
import { isJsonObject, type JsonObject } from "./json-text.ts";
import {
  notServed,
  type Protocol,
  readTypedEvent,
  type Seen,
  type StreamWatch,
  seenChunk,
} from "./protocol.ts";
import { refuse, toErrorBody } from "./refusals.ts";
import { readTokens } from "./usage.ts";

export const responsesProtocol: Protocol = {
  name: "responses",
  path: "/responses",
  encoding: "json",
  forwards: [],
  isFree: false,
  check: () => undefined,
  refusedBy: ({ body }, provider) => {
    if (provider.kind === "demo") return notServed(provider, "/v1/responses");
    const keepsState = provider.kind === "openai" && !provider.isCustom;
    if (keepsState || body.previous_response_id === undefined || body.previous_response_id === null)
      return undefined;
    return refuse("unsupported_value", {
      message: `${provider.name} keeps no responses: send the earlier turns in input instead of previous_response_id.`,
      param: "previous_response_id",
    });
  },
  members: () => ({}),
  wantsUsage: () => false,
  createWatch: () => new ResponsesWatch(),
  isAnswer: (body) => Array.isArray(body.output) && !isFailed(body),
  doneEvent: undefined,
  toErrorBody,
  toErrorEvent: ({ message, code, param }) =>
    `event: error\ndata: ${JSON.stringify({ type: "error", code, message, param })}\n\n`,
};

const isFailed = (response: JsonObject): boolean => response.error !== undefined && response.error !== null;

/** Before any of the answer: what is being made, not what it says. */
const announcements = new Set([
  "response.created",
  "response.queued",
  "response.in_progress",
  "response.output_item.added",
  "response.content_part.added",
]);

class ResponsesWatch implements StreamWatch {
  isComplete = false;

  see(bytes: Uint8Array): Seen {
    const read = readTypedEvent(bytes);
    // Some servers end with chat's [DONE]; here it says nothing.
    if (read.kind === "done") return { kind: "comment" };
    if (read.kind !== "event") return read;
    const { type, event } = read;
    const response = isJsonObject(event.response) ? event.response : {};
    if (type === "error") return { kind: "error", error: event };
    if (type === "response.failed") return { kind: "error", error: response.error ?? event };
    this.isComplete ||= type === "response.completed" || type === "response.incomplete";
    return seenChunk({
      hasContent: !announcements.has(type),
      chars: typeof event.delta === "string" ? event.delta.length : 0,
      tokens: readTokens(response.usage),
    });
  }
}
