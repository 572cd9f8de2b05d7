// Images from a text, and images changed by one (https://platform.openai.com/docs/api-reference/images), plain and streamed.
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

export const imagesProtocol: Protocol = {
  name: "images",
  path: "/images/generations",
  encoding: "json",
  forwards: [],
  isFree: false,
  check: (body) =>
    typeof body.prompt === "string"
      ? undefined
      : refuse("invalid_value", { message: "prompt must be a text.", param: "prompt" }),
  refusedBy: (call, provider) =>
    provider.kind === "demo" ? notServed(provider, `/v1${call.protocol.path}`) : undefined,
  members: () => ({}),
  wantsUsage: () => false,
  createWatch: () => new ImagesWatch(),
  isAnswer: (body) => Array.isArray(body.data),
  doneEvent: undefined,
  toErrorBody,
  toErrorEvent: (refusal) => `event: error\ndata: ${toErrorBody(refusal)}\n\n`,
};

export const imageEditsProtocol: Protocol = {
  ...imagesProtocol,
  name: "image_edits",
  path: "/images/edits",
  encoding: "form",
};

class ImagesWatch implements StreamWatch {
  isComplete = false;

  see(bytes: Uint8Array): Seen {
    const read = readTypedEvent(bytes);
    if (read.kind !== "event") return read;
    const { type, event } = read;
    if (type === "error") return { kind: "error", error: event.error ?? event };
    this.isComplete ||= type === "image_generation.completed" || type === "image_edit.completed";
    return seenChunk({ hasContent: true, tokens: readTokens(event.usage) });
  }
}
