// A chat completion read and rewritten as JSON: its first choice, its tool calls, and the sum of what several used.
import { isJsonObject, type JsonObject, type JsonValue } from "./json-text.ts";

export interface Choice {
  readonly message: JsonObject;
  readonly finish: string | undefined;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as far as the model wrote any. */
  readonly arguments: string;
}

/** The completion's first choice; undefined: it has none. */
export const firstChoice = (completion: JsonObject): Choice | undefined => {
  const [choice] = Array.isArray(completion.choices) ? (completion.choices as readonly JsonValue[]) : [];
  if (!isJsonObject(choice) || !isJsonObject(choice.message)) return undefined;
  const finish = typeof choice.finish_reason === "string" ? choice.finish_reason : undefined;
  return { message: choice.message, finish };
};

/** The same completion with another first choice. */
export const withFirstChoice = (completion: JsonObject, message: JsonObject, finish: string): JsonObject => {
  const [choice, ...others] = Array.isArray(completion.choices)
    ? (completion.choices as readonly JsonValue[])
    : [];
  const first = { ...(isJsonObject(choice) ? choice : { index: 0 }), message, finish_reason: finish };
  return { ...completion, choices: [first, ...others] };
};

export const contentOf = (message: JsonObject): string | undefined =>
  typeof message.content === "string" && message.content !== "" ? message.content : undefined;

export const toolCallsOf = (message: JsonObject): readonly ToolCall[] =>
  (Array.isArray(message.tool_calls) ? (message.tool_calls as readonly JsonValue[]) : []).flatMap((call) => {
    if (!isJsonObject(call) || !isJsonObject(call.function)) return [];
    const { name, arguments: text } = call.function;
    if (typeof name !== "string") return [];
    return [
      {
        id: typeof call.id === "string" ? call.id : "",
        name,
        arguments: typeof text === "string" ? text : "",
      },
    ];
  });

export const toRawToolCall = ({ id, name, arguments: text }: ToolCall): JsonObject => ({
  id,
  type: "function",
  function: { name, arguments: text },
});

/** Members of several `usage` objects added up; what is no number is taken from the last. */
export const sumUsage = (usages: readonly JsonObject[]): JsonObject | undefined => {
  const [first, ...rest] = usages;
  return first && rest.reduce(addUsage, first);
};

const addUsage = (one: JsonObject, other: JsonObject): JsonObject => {
  const sum: Record<string, JsonValue | undefined> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const before = sum[name];
    if (typeof before === "number" && typeof value === "number") sum[name] = before + value;
    else if (isJsonObject(before) && isJsonObject(value)) sum[name] = addUsage(before, value);
    else sum[name] = value;
  }
  return sum;
};
