// A request in Anthropic's Messages (https://docs.anthropic.com/en/api/messages) as a chat completion, for models of
// providers that do not speak them. What has no counterpart is left out where the answer stays right without it
// (thinking of earlier turns, cache marks), and refused where it would not.
import { chatProtocol } from "../chat.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json-text.ts";
import type { Call } from "../protocol.ts";
import { type Refusal, refuse } from "../refusals.ts";
import type { Candidate } from "../route-table.ts";

export interface MessagesCall {
  /** The chat completion, but for what differs between providers. */
  readonly body: JsonObject;
  toChat(candidate: Candidate): Call;
}

class Untranslatable extends Error {
  readonly param: string;

  constructor(param: string, message: string) {
    super(message);
    this.param = param;
  }
}

export const toMessagesCall = (call: Call): MessagesCall | Refusal => {
  const { body } = call;
  try {
    const shared: JsonObject = {
      messages: [...systemOf(body.system), ...messagesOf(body.messages)],
      ...toolsOf(body),
      ...formatOf(body),
      // Models that take no other value refuse this one too when it is said; it is everybody's default.
      ...(typeof body.temperature === "number" && body.temperature !== 1
        ? { temperature: body.temperature }
        : {}),
      ...(typeof body.top_p === "number" ? { top_p: body.top_p } : {}),
      ...(Array.isArray(body.stop_sequences) && body.stop_sequences.length > 0
        ? { stop: body.stop_sequences as readonly JsonValue[] }
        : {}),
      ...(call.isStream ? { stream: true, stream_options: { include_usage: true } } : {}),
    };
    return { body: shared, toChat: (candidate) => toChatCall(call, shared, candidate) };
  } catch (error) {
    if (error instanceof Untranslatable) {
      return refuse("unsupported_value", { message: error.message, param: error.param });
    }
    throw error;
  }
};

const toChatCall = (call: Call, shared: JsonObject, { provider }: Candidate): Call => {
  // OpenAI's reasoning models refuse the older name, other servers do not know the newer one.
  const bound = provider.kind === "openai" && !provider.isCustom ? "max_completion_tokens" : "max_tokens";
  const body: JsonObject = {
    model: call.model,
    ...shared,
    ...(typeof call.body.max_tokens === "number" ? { [bound]: call.body.max_tokens } : {}),
  };
  return {
    ...call,
    protocol: chatProtocol,
    body,
    headers: {},
    toBody: (members, removed = []) => {
      const kept = Object.entries({ ...body, ...members }).filter(
        ([name]) => name in members || !removed.includes(name),
      );
      return JSON.stringify(Object.fromEntries(kept));
    },
  };
};

const blocksOf = (content: JsonValue | undefined): readonly JsonObject[] => {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return Array.isArray(content) ? (content as readonly JsonValue[]).filter(isJsonObject) : [];
};

const textOf = (blocks: readonly JsonObject[]): string =>
  blocks
    .flatMap(({ type, text }) => (type === "text" && typeof text === "string" ? [text] : []))
    .join("\n\n");

const systemOf = (system: JsonValue | undefined): JsonObject[] => {
  const content = textOf(blocksOf(system));
  return content === "" ? [] : [{ role: "system", content }];
};

const messagesOf = (messages: JsonValue | undefined): JsonObject[] =>
  (Array.isArray(messages) ? (messages as readonly JsonValue[]) : []).flatMap((message) => {
    if (!isJsonObject(message)) return [];
    const blocks = blocksOf(message.content);
    if (message.role === "assistant") return [assistantOf(blocks)];
    if (message.role === "system") return systemOf(message.content);
    return userOf(blocks);
  });

const assistantOf = (blocks: readonly JsonObject[]): JsonObject => {
  const content = textOf(blocks);
  const calls = blocks.flatMap(({ type, id, name, input }) =>
    type === "tool_use"
      ? [{ id, type: "function", function: { name, arguments: JSON.stringify(input ?? {}) } }]
      : [],
  );
  return {
    role: "assistant",
    content: content === "" ? null : content,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
};

/** Results of tools come first: they answer the turn before; what else was said is a turn of its own. */
const userOf = (blocks: readonly JsonObject[]): JsonObject[] => {
  const results = blocks.filter(({ type }) => type === "tool_result");
  const parts = blocks.filter(({ type }) => type !== "tool_result").flatMap(partOf);
  const shown = results.flatMap(({ content }) =>
    blocksOf(content)
      .filter(({ type }) => type !== "text")
      .flatMap(partOf),
  );
  const answers = results.map(({ tool_use_id: id, content, is_error: isError }) => {
    const text = textOf(blocksOf(content));
    return { role: "tool", tool_call_id: id, content: isError === true ? `The tool failed: ${text}` : text };
  });
  const all = [...shown, ...parts];
  const [only] = all;
  const isText = all.length === 1 && only?.type === "text";
  return [...answers, ...(all.length > 0 ? [{ role: "user", content: isText ? only.text : all }] : [])];
};

const partOf = (block: JsonObject): JsonObject[] => {
  const source = isJsonObject(block.source) ? block.source : {};
  switch (block.type) {
    case "text":
      return [{ type: "text", text: block.text }];
    case "image":
      return [{ type: "image_url", image_url: { url: toUrl(source) } }];
    case "document":
      if (source.type === "text") return [{ type: "text", text: source.data }];
      if (source.type === "content") return blocksOf(source.content).flatMap(partOf);
      if (source.type === "base64") {
        const name = typeof block.title === "string" ? block.title : "document.pdf";
        return [{ type: "file", file: { filename: name, file_data: toUrl(source) } }];
      }
      throw new Untranslatable("messages", "A document is taken by this model as text or base64.");
    default:
      throw new Untranslatable(
        "messages",
        `A ${String(block.type).slice(0, 64)} block has no counterpart at this model's provider.`,
      );
  }
};

const toUrl = ({ type, media_type: media, data, url }: JsonObject): JsonValue | undefined => {
  if (type === "base64" && typeof data === "string") return `data:${String(media)};base64,${data}`;
  if (type === "url" && typeof url === "string") return url;
  throw new Untranslatable(
    "messages",
    "An image or document is taken by this model as base64 or by its URL.",
  );
};

const toolsOf = (body: JsonObject): JsonObject => {
  const tools = (Array.isArray(body.tools) ? (body.tools as readonly JsonValue[]) : []).flatMap((tool) =>
    isJsonObject(tool) ? [toolOf(tool)] : [],
  );
  if (tools.length === 0) return {};
  const choice = isJsonObject(body.tool_choice) ? body.tool_choice : undefined;
  const isOneByOne = choice?.disable_parallel_tool_use === true;
  return {
    tools,
    ...(choice ? { tool_choice: choiceOf(choice) } : {}),
    ...(isOneByOne ? { parallel_tool_calls: false } : {}),
  };
};

const toolOf = (tool: JsonObject): JsonObject => {
  const { type, name, description, input_schema: parameters } = tool;
  if (type === undefined || type === "custom") {
    return {
      type: "function",
      function: { name, ...(description === undefined ? {} : { description }), parameters },
    };
  }
  // The router searches itself where the model cannot.
  if (typeof type === "string" && type.startsWith("web_search_")) return tool;
  throw new Untranslatable(
    "tools",
    `The tool ${String(type).slice(0, 64)} is Anthropic's own; this model has none such.`,
  );
};

const choiceOf = ({ type, name }: JsonObject): JsonValue => {
  if (type === "any") return "required";
  if (type === "none") return "none";
  return type === "tool" ? { type: "function", function: { name } } : "auto";
};

const formatOf = (body: JsonObject): JsonObject => {
  const config = isJsonObject(body.output_config) ? body.output_config.format : body.output_format;
  if (!isJsonObject(config) || config.type !== "json_schema" || !isJsonObject(config.schema)) return {};
  const spec = { name: "answer", strict: true, schema: config.schema };
  return { response_format: { type: "json_schema", json_schema: spec } };
};

const imageTokens = 1_500;

/** Characters of a request's text in place of a count that no provider was asked for. */
export const countedChars = (body: JsonObject): number => {
  let chars = 0;
  const open: JsonValue[] = [body.messages, body.system, body.tools].flatMap((value) => value ?? []);
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === "string") chars += value.length;
    else if (isJsonObject(value) && (value.type === "image" || value.type === "document"))
      chars += imageTokens * 4;
    else if (typeof value === "object" && value !== null) {
      for (const [name, child] of Object.entries(value)) {
        if (isJsonObject(value)) chars += name.length;
        if (child !== undefined) open.push(child as JsonValue);
      }
    }
  }
  return chars;
};
