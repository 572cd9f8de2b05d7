// What a caller asks for with `response_format: { type: "json_schema" }`, and the ways of asking a provider for it
// (https://platform.openai.com/docs/guides/structured-outputs), from the one that binds most to the one that is only
// a request in words. The schema is the caller's: it is bounded here before anything else looks at it.
import { isJsonObject, type JsonObject, type JsonValue } from "../json-text.ts";
import { type Refusal, refuse } from "../refusals.ts";
import { lowerSchema } from "./lowering.ts";

export interface StructuredRequest {
  readonly name: string;
  readonly schema: JsonObject;
  readonly schemaText: string;
  /** The caller wants an answer that fits, or an error. */
  readonly isStrict: boolean;
  readonly format: JsonObject;
}

export const rungs = ["strict", "loose", "tool", "object", "prompt"] as const;
export type Rung = (typeof rungs)[number];

/** Bounds of a caller's schema. Over them: invalid_json_schema. */
const schemaBytesMax = 64 * 1024;
const schemaDepthMax = 32;
const schemaNodesMax = 5_000;

/**
 * Of one answer. Parsing cannot be interrupted: a thread that runs out of memory within it takes the whole process along
 * (seen with 18 MB of "[],"), and an empty object of three characters takes sixty bytes. Over it: it does not fit.
 */
export const instanceCharsMax = 1_048_576;
export const tooLargeProblem = "#: It is too large to be checked.";

const wrong = (message: string): Refusal =>
  refuse("invalid_json_schema", { message, param: "response_format" });

/** Undefined: nothing structured is asked for. */
export const readStructured = (body: JsonObject): StructuredRequest | Refusal | undefined => {
  const format = isJsonObject(body.response_format) ? body.response_format : undefined;
  const spec =
    format?.type === "json_schema" && isJsonObject(format.json_schema) ? format.json_schema : undefined;
  if (!format || !spec || !isJsonObject(spec.schema)) return undefined;
  const problem = checkBounds(spec.schema);
  if (problem !== undefined) return wrong(`The schema ${problem}.`);
  const schemaText = JSON.stringify(spec.schema);
  if (schemaText.length > schemaBytesMax) return wrong(`The schema is larger than ${schemaBytesMax} bytes.`);
  return {
    name: typeof spec.name === "string" ? spec.name : "answer",
    schema: spec.schema,
    schemaText,
    isStrict: spec.strict === true,
    format,
  };
};

/** Without recursion: the depth is the caller's. */
const checkBounds = (schema: JsonObject): string | undefined => {
  const open: { readonly value: JsonValue; readonly depth: number }[] = [{ value: schema, depth: 1 }];
  let nodes = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    nodes += 1;
    if (nodes > schemaNodesMax) return `has more than ${schemaNodesMax} nodes`;
    if (next.depth > schemaDepthMax) return `is nested deeper than ${schemaDepthMax}`;
    const { value, depth } = next;
    if (typeof value !== "object" || value === null) continue;
    const reference = isJsonObject(value) ? value.$ref : undefined;
    if (typeof reference === "string" && !reference.startsWith("#")) {
      return "refers to another document; $ref must begin with #";
    }
    for (const child of Object.values(value))
      if (child !== undefined) open.push({ value: child, depth: depth + 1 });
  }
  return undefined;
};

/** What is asked of a provider on one rung. */
export interface RungRequest {
  readonly members: JsonObject;
  readonly removed: readonly string[];
  /** The schema that binds the model is not the caller's own: its answer may still not fit. */
  readonly isLowered: boolean;
}

/** Undefined: this request cannot be put so. */
export const toRungRequest = (
  rung: Rung,
  structured: StructuredRequest,
  body: JsonObject,
): RungRequest | undefined => {
  const { name, schema, isStrict, format } = structured;
  const spec = isJsonObject(format.json_schema) ? format.json_schema : {};
  const withSpec = (changes: JsonObject): JsonObject => ({
    response_format: { ...format, json_schema: { ...spec, ...changes } },
  });
  switch (rung) {
    case "strict": {
      const lowered = isStrict ? lowerSchema(schema) : undefined;
      if (!lowered) return undefined;
      return lowered.isChanged
        ? { members: withSpec({ schema: lowered.schema }), removed: [], isLowered: true }
        : { members: {}, removed: [], isLowered: false };
    }
    case "loose":
      return isStrict
        ? { members: withSpec({ strict: false }), removed: [], isLowered: true }
        : { members: {}, removed: [], isLowered: false };
    case "tool": {
      const hasTools = Array.isArray(body.tools) && body.tools.length > 0;
      if (hasTools || schema.type !== "object") return undefined;
      const tool = toToolName(name);
      const description = "Gives the answer.";
      return {
        members: {
          tools: [{ type: "function", function: { name: tool, description, parameters: schema } }],
          tool_choice: { type: "function", function: { name: tool } },
        },
        removed: ["response_format", "parallel_tool_calls"],
        isLowered: true,
      };
    }
    case "object":
      return {
        members: { response_format: { type: "json_object" }, messages: withInstruction(structured, body) },
        removed: [],
        isLowered: true,
      };
    case "prompt":
      return {
        members: { messages: withInstruction(structured, body) },
        removed: ["response_format"],
        isLowered: true,
      };
  }
};

/** OpenAI's form of a function's name. */
const toToolName = (name: string): string => name.replace(/[^\w-]/g, "_").slice(0, 64) || "answer";

/** The schema in words, in the first system message or as one: some local models take no second one. */
const withInstruction = ({ schemaText }: StructuredRequest, body: JsonObject): readonly JsonValue[] => {
  const messages = Array.isArray(body.messages) ? (body.messages as readonly JsonValue[]) : [];
  const text = `Answer with one JSON value that fits this JSON Schema, and with nothing else: no Markdown, no explanation.\n${schemaText}`;
  const [first, ...rest] = messages;
  if (isJsonObject(first) && first.role === "system" && typeof first.content === "string") {
    return [{ ...first, content: `${first.content}\n\n${text}` }, ...rest];
  }
  return [{ role: "system", content: text }, ...messages];
};

/** What a provider's words have to hold for its refusal to be about the way of asking. */
const hints: Readonly<Record<Rung, RegExp>> = {
  strict: /response_format|json_schema|structured|schema|strict|no (?:allowed )?(?:endpoints|providers)/i,
  loose: /response_format|json_schema|structured|schema|no (?:allowed )?(?:endpoints|providers)/i,
  tool: /tool|function|no (?:allowed )?(?:endpoints|providers)/i,
  object: /response_format|json_object|json mode|no (?:allowed )?(?:endpoints|providers)/i,
  prompt: /(?!)/,
};

/** Whether a 400 or 404 says that the provider cannot be asked on this rung. */
export const isAboutRung = (rung: Rung, { status, message, param }: Refusal): boolean =>
  (status === 400 || status === 404 || status === 422) && hints[rung].test(`${param ?? ""} ${message}`);

/** Whether it is about this schema and not about the provider: then nothing is learned of the provider. */
export const isAboutSchema = ({ message, code }: Refusal): boolean =>
  code === "invalid_json_schema" || /invalid schema/i.test(message);
