// A streamed chat completion as JSON: chunks read out of it, collected into the completion that they make, and made.
import { contentOf, firstChoice, type ToolCall, toolCallsOf, toRawToolCall } from "./completion.ts";
import { dataOf } from "./event-splitter.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json-text.ts";
import type { Refusal } from "./refusals.ts";

/** What a streamed completion consists of; it ends with an error or with nothing more. */
export type Piece =
  | { readonly kind: "chunk"; readonly chunk: JsonObject }
  | { readonly kind: "error"; readonly refusal: Refusal };

/** The chunk in one event of a relayed stream; undefined: a comment, the end, or an error. */
export const readChunk = (event: Uint8Array): JsonObject | undefined => {
  const data = dataOf(event);
  if (data === undefined || data === "[DONE]") return undefined;
  const chunk: unknown = JSON.parse(data);
  return isJsonObject(chunk) && Array.isArray(chunk.choices) ? chunk : undefined;
};

export const toChunkEvent = (chunk: JsonObject): string => `data: ${JSON.stringify(chunk)}\n\n`;

/** The first choice of a chunk; undefined: it has none. */
export const choiceOf = (
  chunk: JsonObject,
): { readonly delta: JsonObject; readonly finish: string | undefined } | undefined => {
  const [choice] = Array.isArray(chunk.choices) ? (chunk.choices as readonly JsonValue[]) : [];
  if (!isJsonObject(choice)) return undefined;
  return {
    delta: isJsonObject(choice.delta) ? choice.delta : {},
    finish: typeof choice.finish_reason === "string" ? choice.finish_reason : undefined,
  };
};

/** A chunk of the same completion with another content. */
export const toChunk = (like: JsonObject, delta: JsonObject, finish: string | null): JsonObject => ({
  ...headOf(like),
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
});

/**
 * Whether a delta under a call's number begins another one: some providers give all calls one number, others each piece
 * of a call an id of its own, without a name.
 */
export const isOtherCall = ({ id, function: called }: JsonObject, idBefore: string): boolean =>
  typeof id === "string" &&
  id !== "" &&
  idBefore !== "" &&
  id !== idBefore &&
  isJsonObject(called) &&
  typeof called.name === "string" &&
  called.name !== "";

/** A whole completion as chunks: all that it says, then its finish. */
export const toChunks = (completion: JsonObject, like: JsonObject): readonly JsonObject[] => {
  const choice = firstChoice(completion);
  const message = choice?.message ?? {};
  const calls = toolCallsOf(message);
  const delta: JsonObject = {
    role: "assistant",
    content: contentOf(message) ?? "",
    ...(typeof message.refusal === "string" ? { refusal: message.refusal } : {}),
    ...(calls.length > 0
      ? { tool_calls: calls.map((call, index) => ({ index, ...toRawToolCall(call) })) }
      : {}),
  };
  return [toChunk(like, delta, null), toChunk(like, {}, choice?.finish ?? "stop")];
};

export const toUsageChunk = (like: JsonObject, usage: JsonObject): JsonObject => ({
  ...headOf(like),
  choices: [],
  usage,
});

const headOf = ({ choices: _choices, usage: _usage, ...head }: JsonObject): JsonObject => ({
  ...head,
  object: "chat.completion.chunk",
});

interface OpenCall {
  readonly index: number;
  id: string;
  name: string;
  arguments: string;
}

/** Collects the first choice of a stream. */
export class CompletionCollector {
  #head: JsonObject = {};
  #content = "";
  #refusal = "";
  #finish: string | undefined;
  #usage: JsonObject | undefined;
  readonly #calls: OpenCall[] = [];
  /** By number: the latest. */
  readonly #latest = new Map<number, OpenCall>();

  /** UTF-16 code units of the content so far. */
  get content(): string {
    return this.#content;
  }

  get finish(): string | undefined {
    return this.#finish;
  }

  get usage(): JsonObject | undefined {
    return this.#usage;
  }

  get calls(): readonly ToolCall[] {
    return this.#calls
      .toSorted((a, b) => a.index - b.index)
      .map(({ index: _index, ...call }) => ({ ...call }));
  }

  push(chunk: JsonObject): void {
    if (isJsonObject(chunk.usage)) this.#usage = chunk.usage;
    this.#head = { ...headOf(chunk), object: "chat.completion" };
    const choice = choiceOf(chunk);
    if (!choice) return;
    const { delta, finish } = choice;
    if (typeof delta.content === "string") this.#content += delta.content;
    if (typeof delta.refusal === "string") this.#refusal += delta.refusal;
    if (Array.isArray(delta.tool_calls))
      for (const call of delta.tool_calls as JsonValue[]) this.#pushCall(call);
    if (finish !== undefined) this.#finish = finish;
  }

  #pushCall(delta: JsonValue): void {
    if (!isJsonObject(delta)) return;
    const index = typeof delta.index === "number" ? delta.index : 0;
    const called = isJsonObject(delta.function) ? delta.function : {};
    const id = typeof delta.id === "string" ? delta.id : "";
    const call = this.#openCall(index, delta);
    if (call.id === "") call.id = id;
    if (typeof called.name === "string") call.name += called.name;
    if (typeof called.arguments === "string") call.arguments += called.arguments;
  }

  #openCall(index: number, delta: JsonObject): OpenCall {
    const known = this.#latest.get(index);
    if (known && !isOtherCall(delta, known.id)) return known;
    const opened = { index, id: "", name: "", arguments: "" };
    this.#calls.push(opened);
    this.#latest.set(index, opened);
    return opened;
  }

  toCompletion(): JsonObject {
    const calls = this.calls.map(({ id, name, arguments: text }) => ({
      id,
      type: "function",
      function: { name, arguments: text },
    }));
    const message = {
      role: "assistant",
      content: this.#content === "" ? null : this.#content,
      refusal: this.#refusal === "" ? null : this.#refusal,
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    };
    return {
      ...this.#head,
      choices: [{ index: 0, message, logprobs: null, finish_reason: this.#finish ?? null }],
      ...(this.#usage ? { usage: this.#usage } : {}),
    };
  }
}
