// A chat completion as an answer in Anthropic's Messages, plain and as its events
// (https://docs.anthropic.com/en/docs/build-with-claude/streaming).
import { contentOf, firstChoice, toolCallsOf } from "../completion.ts";
import { choiceOf, isOtherCall } from "../completion-stream.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json-text.ts";
import { readTokens } from "../usage.ts";
import { type Search, toCitations, toSearchBlocks } from "./searches.ts";

const stopReasons: Readonly<Record<string, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  function_call: "tool_use",
  content_filter: "refusal",
};

const stopReasonOf = (finish: string | undefined): string => stopReasons[finish ?? "stop"] ?? "end_turn";

/** OpenAI's finish is "stop" where the choice of the tool was the caller's. */
const stopReasonWith = (finish: string | undefined, hasUses: boolean): string => {
  const reason = stopReasonOf(finish);
  return hasUses && reason === "end_turn" ? "tool_use" : reason;
};

const usageOf = (usage: JsonValue | undefined): JsonObject => {
  const tokens = readTokens(usage);
  const cached = tokens?.cachedInput ?? 0;
  return {
    input_tokens: Math.max(0, (tokens?.input ?? 0) - cached),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: tokens?.output ?? 0,
    ...(isJsonObject(usage) && usage.server_tool_use !== undefined
      ? { server_tool_use: usage.server_tool_use }
      : {}),
  };
};

const idOf = (completion: JsonObject): string =>
  `msg_${(typeof completion.id === "string" ? completion.id : "").replace(/^chatcmpl-/, "")}`;

/** Of the search that is number `at` of an answer. */
const searchIdOf = (messageId: string, at: number): string =>
  `srvtoolu_${messageId.replace(/^msg_/, "")}_${at}`;

const toInput = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text === "" ? "{}" : text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Undefined: a call's arguments are no JSON object, though the answer was not cut. */
export const toMessage = (
  completion: JsonObject,
  model: string,
  searches: readonly Search[],
): JsonObject | undefined => {
  const choice = firstChoice(completion);
  if (!choice) return undefined;
  const { message, finish } = choice;
  const refusal = typeof message.refusal === "string" && message.refusal !== "" ? message.refusal : undefined;
  const text = contentOf(message) ?? refusal;
  const uses: JsonObject[] = [];
  for (const { id, name, arguments: json } of toolCallsOf(message)) {
    const input = toInput(json);
    if (input) uses.push({ type: "tool_use", id, name, input });
    else if (finish !== "length") return undefined;
  }
  const id = idOf(completion);
  const citations = toCitations(message.annotations);
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [
      ...searches.flatMap((search, at) => toSearchBlocks(searchIdOf(id, at), search)),
      ...(text === undefined ? [] : [{ type: "text", text, ...(citations.length > 0 ? { citations } : {}) }]),
      ...uses,
    ],
    stop_reason: refusal === undefined ? stopReasonWith(finish, uses.length > 0) : "refusal",
    stop_sequence: null,
    usage: usageOf(completion.usage),
  };
};

const toEvent = (data: JsonObject): string =>
  `event: ${String(data.type)}\ndata: ${JSON.stringify(data)}\n\n`;

/** Turns chunks into events; one block is open at a time, as the format wants it. */
export class MessageWriter {
  readonly #model: string;
  readonly #searches: () => readonly Search[];
  #id = "";
  #searchesTold = 0;
  #hasBegun = false;
  #isRefusal = false;
  #blocks = 0;
  /** "text", "search", or the provider's number of the tool call that is open. */
  #open: "text" | "search" | number | undefined;
  /** Of the latest tool call: some providers give all calls one number. */
  #callId = "";
  #hasUses = false;
  #finish: string | undefined;
  #usage: JsonValue | undefined;

  /** `searches`: what was searched so far; told before what comes after it. */
  constructor(model: string, searches: () => readonly Search[]) {
    this.#model = model;
    this.#searches = searches;
  }

  push(chunk: JsonObject): string {
    let events = this.#begin(chunk) + this.#searched();
    if (isJsonObject(chunk.usage)) this.#usage = chunk.usage;
    const choice = choiceOf(chunk);
    if (!choice) return events;
    const { delta, finish } = choice;
    for (const text of [delta.content, delta.refusal]) {
      if (typeof text !== "string" || text === "") continue;
      this.#isRefusal ||= text === delta.refusal;
      events += this.#text(text);
    }
    if (this.#open === "text") {
      for (const citation of toCitations(delta.annotations))
        events += this.#delta({ type: "citations_delta", citation });
    }
    if (Array.isArray(delta.tool_calls)) {
      for (const call of delta.tool_calls as JsonValue[]) if (isJsonObject(call)) events += this.#call(call);
    }
    this.#finish = finish ?? this.#finish;
    return events;
  }

  end(): string {
    const reason = this.#isRefusal ? "refusal" : stopReasonWith(this.#finish, this.#hasUses);
    return (
      this.#close() +
      toEvent({
        type: "message_delta",
        delta: { stop_reason: reason, stop_sequence: null },
        usage: usageOf(this.#usage),
      }) +
      toEvent({ type: "message_stop" })
    );
  }

  #begin(chunk: JsonObject): string {
    if (this.#hasBegun) return "";
    this.#hasBegun = true;
    this.#id = idOf(chunk);
    const message = {
      id: this.#id,
      type: "message",
      role: "assistant",
      model: this.#model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // What the input was is known at the end alone; message_delta says it.
      usage: usageOf(undefined),
    };
    return toEvent({ type: "message_start", message });
  }

  #searched(): string {
    const searches = this.#searches();
    let events = "";
    for (; this.#searchesTold < searches.length; this.#searchesTold += 1) {
      const search = searches[this.#searchesTold];
      if (!search) break;
      const [use, result] = toSearchBlocks(searchIdOf(this.#id, this.#searchesTold), search);
      // As Anthropic streams it: the query as a delta, the results with the block.
      events += this.#start("search", { ...use, input: {} });
      events += this.#delta({ type: "input_json_delta", partial_json: JSON.stringify(use.input) });
      events += this.#start("search", result);
    }
    return events;
  }

  #text(text: string): string {
    const opened = this.#open === "text" ? "" : this.#start("text", { type: "text", text: "" });
    return opened + this.#delta({ type: "text_delta", text });
  }

  #call(call: JsonObject): string {
    const at = typeof call.index === "number" ? call.index : 0;
    const called = isJsonObject(call.function) ? call.function : {};
    const isSame = this.#open === at && !isOtherCall(call, this.#callId);
    const id = typeof call.id === "string" && call.id !== "" ? call.id : `toolu_${at}`;
    if (!isSame) this.#callId = id;
    this.#hasUses = true;
    const opened = isSame
      ? ""
      : this.#start(at, {
          type: "tool_use",
          id,
          name: called.name ?? "",
          input: {},
        });
    const { arguments: json } = called;
    return typeof json === "string" && json !== ""
      ? opened + this.#delta({ type: "input_json_delta", partial_json: json })
      : opened;
  }

  #start(open: "text" | "search" | number, block: JsonObject): string {
    const closed = this.#close();
    this.#open = open;
    return closed + toEvent({ type: "content_block_start", index: this.#blocks, content_block: block });
  }

  #delta(delta: JsonObject): string {
    return toEvent({ type: "content_block_delta", index: this.#blocks, delta });
  }

  #close(): string {
    if (this.#open === undefined) return "";
    this.#open = undefined;
    this.#blocks += 1;
    return toEvent({ type: "content_block_stop", index: this.#blocks - 1 });
  }
}
