// The built-in demonstration model: answers without a network and says what it is, so that a fresh installation can
// be tried before a provider is configured.
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json-text.ts";
import { estimateTokens } from "../../core/usage.ts";

export const demoModelId = "cmdop-demo";

export interface DemoReply {
  readonly id: string;
  readonly createdSeconds: number;
  /** Of the request's body, for an estimate of its tokens. */
  readonly inputChars: number;
}

const quotedCharsMax = 200;

/** OpenAI's own bound. */
const choicesMax = 128;

/** How many choices are asked for; undefined: a number that no provider takes. */
const choicesOf = ({ n = 1 }: JsonObject): number | undefined =>
  n === null ? 1 : typeof n === "number" && Number.isInteger(n) && n >= 1 && n <= choicesMax ? n : undefined;

/** What is wrong with a request, in OpenAI's shape; undefined: nothing. */
export const toDemoError = (request: JsonObject): JsonObject | undefined =>
  choicesOf(request) === undefined
    ? {
        message: `n must be a whole number from 1 to ${choicesMax}.`,
        type: "invalid_request_error",
        param: "n",
        code: "invalid_value",
      }
    : undefined;

const indexesOf = (request: JsonObject): readonly number[] =>
  Array.from({ length: choicesOf(request) ?? 1 }, (_, index) => index);

const textOf = (content: JsonValue | undefined): string => {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .flatMap((part: JsonValue) => (isJsonObject(part) && typeof part.text === "string" ? [part.text] : []))
    .join(" ");
};

const lastUserText = (request: JsonObject): string => {
  const messages = Array.isArray(request.messages) ? request.messages : [];
  const last = messages.findLast((message: JsonValue) => isJsonObject(message) && message.role === "user");
  return isJsonObject(last) ? textOf(last.content) : "";
};

const answerTo = (request: JsonObject): string => {
  const asked = Array.from(lastUserText(request).trim());
  const quoted =
    asked.length > quotedCharsMax ? `${asked.slice(0, quotedCharsMax).join("")}…` : asked.join("");
  return [
    "This is cmdop's built-in demonstration model. It is no language model: it shows that the router works.",
    ...(quoted === "" ? [] : [`You wrote: ${quoted}`]),
    "To reach a real one: cmdop providers add openai < key.txt, or OPENAI_API_KEY in the router's environment.",
  ].join("\n");
};

const usageOf = (inputChars: number, answer: string, choices: number): JsonObject => {
  const prompt = estimateTokens(inputChars);
  const completion = estimateTokens(answer.length) * choices;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
};

export const toDemoCompletion = (
  request: JsonObject,
  { id, createdSeconds, inputChars }: DemoReply,
): JsonObject => {
  const content = answerTo(request);
  const choices = indexesOf(request).map((index) => ({
    index,
    message: { role: "assistant", content, refusal: null },
    logprobs: null,
    finish_reason: "stop",
  }));
  return {
    id,
    object: "chat.completion",
    created: createdSeconds,
    model: demoModelId,
    choices,
    usage: usageOf(inputChars, content, choices.length),
  };
};

/** The chunks of the same answer as a stream, word by word, and what it used. */
export const toDemoChunks = (
  request: JsonObject,
  { id, createdSeconds, inputChars }: DemoReply,
): readonly JsonObject[] => {
  const answer = answerTo(request);
  const head = { id, object: "chat.completion.chunk", created: createdSeconds, model: demoModelId };
  const indexes = indexesOf(request);
  const chunks = (delta: JsonObject, finish: string | null): readonly JsonObject[] =>
    indexes.map((index) => ({
      ...head,
      choices: [{ index, delta, logprobs: null, finish_reason: finish }],
    }));
  return [
    ...chunks({ role: "assistant", content: "" }, null),
    ...answer.split(/(?<=\s)/).flatMap((content) => chunks({ content }, null)),
    ...chunks({}, "stop"),
    { ...head, choices: [], usage: usageOf(inputChars, answer, indexes.length) },
  ];
};
