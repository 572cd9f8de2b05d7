// Chat completions (https://platform.openai.com/docs/api-reference/chat): what the gateway reads of them.
import { dataOf } from "./event-splitter.ts";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "./json-text.ts";
import { notServed, type Protocol, type Seen, type StreamWatch } from "./protocol.ts";
import { refuse, toErrorBody } from "./refusals.ts";
import { readTokens } from "./usage.ts";

export const chatProtocol: Protocol = {
  name: "chat",
  path: "/chat/completions",
  encoding: "json",
  forwards: [],
  isFree: false,
  // It would answer with what it always says, which fits no schema.
  refusedBy: ({ body }, provider) =>
    provider.kind === "demo" &&
    isJsonObject(body.response_format) &&
    body.response_format.type === "json_schema"
      ? notServed(provider, "structured output")
      : undefined,
  check: (body) =>
    Array.isArray(body.messages)
      ? undefined
      : refuse("invalid_value", { message: "messages must be an array.", param: "messages" }),
  members: (call) => {
    if (!call.isStream) return {};
    const given = isJsonObject(call.body.stream_options) ? call.body.stream_options : {};
    return given.include_usage === true ? {} : { stream_options: { ...given, include_usage: true } };
  },
  wantsUsage: ({ body }) => isJsonObject(body.stream_options) && body.stream_options.include_usage === true,
  createWatch: ({ body }) => new ChatWatch(typeof body.n === "number" ? body.n : 1),
  isAnswer: (body) => Array.isArray(body.choices),
  doneEvent: "data: [DONE]\n\n",
  toErrorBody,
  toErrorEvent: (refusal) => `data: ${toErrorBody(refusal)}\n\n`,
};

/** OpenAI's own bound of `n`. */
const choicesMax = 128;
/** Pieces of tool calls that may begin one: each takes many times its text where the answer is translated or kept. */
const callsMax = 65_536;

class ChatWatch implements StreamWatch {
  readonly #wanted: number;
  readonly #open = new Set<number>();
  readonly #finished = new Set<number>();
  #calls = 0;
  #callNumber: JsonValue | undefined;

  /** `wanted`: choices that the caller asked for. Some providers give one, whatever is asked. */
  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  /** At least one choice has begun, and all that did have a finish reason. */
  get isComplete(): boolean {
    return this.#finished.size > 0 && this.#open.size === 0;
  }

  get isWhole(): boolean {
    return this.isComplete && this.#finished.size >= this.#wanted;
  }

  see(event: Uint8Array): Seen {
    let chunk: unknown;
    try {
      const data = dataOf(event);
      if (data === undefined) return { kind: "comment" };
      if (data === "[DONE]") return { kind: "done" };
      chunk = parseJson(data);
    } catch {
      return { kind: "unreadable" };
    }
    if (!isJsonObject(chunk)) return { kind: "unreadable" };
    if (chunk.error !== undefined && chunk.error !== null) return { kind: "error", error: chunk.error };
    return Array.isArray(chunk.choices) ? this.#seeChoices(chunk, chunk.choices) : { kind: "unreadable" };
  }

  #seeChoices(chunk: JsonObject, choices: readonly JsonValue[]): Seen {
    let hasContent = false;
    let chars = 0;
    for (const choice of choices) {
      if (!isJsonObject(choice)) continue;
      const index = typeof choice.index === "number" ? choice.index : 0;
      if (!Number.isInteger(index) || index < 0 || index >= choicesMax) return { kind: "unreadable" };
      if (this.#hasTooManyCalls(choice.delta)) return { kind: "unreadable" };
      const deltaChars = charsOf(choice.delta);
      if (deltaChars !== undefined) {
        hasContent = true;
        chars += deltaChars;
      }
      if (typeof choice.finish_reason === "string") {
        hasContent = true;
        this.#open.delete(index);
        this.#finished.add(index);
        // What follows a finish without content (OpenRouter's usage) opens nothing again.
      } else if (this.#finished.size === 0 || deltaChars !== undefined) this.#open.add(index);
    }
    const tokens = readTokens(chunk.usage);
    return {
      kind: "chunk",
      hasContent,
      chars,
      tokens,
      isUsageOnly: choices.length === 0 && tokens !== undefined,
    };
  }

  #hasTooManyCalls(delta: JsonValue | undefined): boolean {
    if (!isJsonObject(delta) || !Array.isArray(delta.tool_calls)) return false;
    for (const call of delta.tool_calls as readonly JsonValue[]) {
      if (!isJsonObject(call)) continue;
      const isNamed =
        isJsonObject(call.function) && typeof call.function.name === "string" && call.function.name !== "";
      if (isNamed || call.index !== this.#callNumber) this.#calls += 1;
      this.#callNumber = call.index;
    }
    return this.#calls > callsMax;
  }
}

const textMembers = ["content", "reasoning", "reasoning_content", "refusal"] as const;
const otherMembers = ["tool_calls", "function_call", "images", "audio", "annotations"] as const;

/** Characters of a delta's content; undefined when it has none (a role, an empty text). */
const charsOf = (delta: JsonValue | undefined): number | undefined => {
  if (!isJsonObject(delta)) return undefined;
  let chars: number | undefined;
  for (const name of textMembers) {
    const text = delta[name];
    if (typeof text === "string" && text !== "") chars = (chars ?? 0) + text.length;
  }
  for (const name of otherMembers) {
    const value = delta[name];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue;
    chars = (chars ?? 0) + argumentChars(value);
  }
  return chars;
};

const argumentChars = (calls: JsonValue): number => {
  let chars = 0;
  for (const call of Array.isArray(calls) ? calls : [calls]) {
    const called = isJsonObject(call) ? (call.function ?? call) : undefined;
    const text = isJsonObject(called) ? called.arguments : undefined;
    if (typeof text === "string") chars += text.length;
  }
  return chars;
};
