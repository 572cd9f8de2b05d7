// Judges an answer by the caller's schema. What the model wrapped around its JSON is taken off; nothing is added.
//
// I1 An answer that was refused, cut or filtered is passed on as it is.
// I2 What is passed on as fitting was validated against the caller's own schema, by its own text.
import { contentOf, firstChoice, toolCallsOf, withFirstChoice } from "../core/completion.ts";
import type { JsonObject, JsonValue } from "../core/json-text.ts";
import { type Call, changeCall } from "../core/protocol.ts";
import { type Refusal, refuse } from "../core/refusals.ts";
import { healedForms } from "../core/structured/healing.ts";
import { withoutFilledNulls } from "../core/structured/lowering.ts";
import {
  instanceCharsMax,
  type Rung,
  type StructuredRequest,
  tooLargeProblem,
} from "../core/structured/request.ts";
import type { Validation } from "../ports.ts";

/** How an answer came to fit, for the caller to see. */
export type StructuredWay =
  | "native"
  | "tool"
  | "json"
  | "prompt"
  | "healed"
  | "retried"
  | "unchecked"
  | "invalid";

export const wayOf: Readonly<Record<Rung, StructuredWay>> = {
  strict: "native",
  loose: "native",
  tool: "tool",
  object: "json",
  prompt: "prompt",
};

export type Judgement =
  | {
      readonly kind: "fits";
      readonly completion: JsonObject;
      readonly way: StructuredWay;
      readonly isChanged: boolean;
    }
  | { readonly kind: "misfit"; readonly completion: JsonObject; readonly problems: readonly string[] }
  | Refusal;

export type Validate = (schemaText: string, instanceText: string) => Promise<Validation>;

export class StructuredJudge {
  readonly #structured: StructuredRequest;
  readonly #validate: Validate;

  constructor(structured: StructuredRequest, validate: Validate) {
    this.#structured = structured;
    this.#validate = validate;
  }

  async judge(given: JsonObject, rung: Rung): Promise<Judgement> {
    const completion = rung === "tool" ? unwrapped(given) : given;
    const way = wayOf[rung];
    const isUnwrapped = completion !== given;
    const choice = firstChoice(completion);
    if (!choice || isLeft(choice.message, choice.finish)) {
      return { kind: "fits", completion, way: "unchecked", isChanged: isUnwrapped };
    }
    const text = contentOf(choice.message) ?? "";
    const found = await this.#find(text);
    if (found.kind !== "text") return found.kind === "misfit" ? { ...found, completion } : found;
    if (found.text === text) return { kind: "fits", completion, way, isChanged: isUnwrapped };
    const message = { ...choice.message, content: found.text };
    return {
      kind: "fits",
      completion: withFirstChoice(completion, message, choice.finish ?? "stop"),
      way: found.isHealed ? "healed" : way,
      isChanged: true,
    };
  }

  async #find(
    text: string,
  ): Promise<
    | { readonly kind: "text"; readonly text: string; readonly isHealed: boolean }
    | { readonly kind: "misfit"; readonly problems: readonly string[] }
    | Refusal
  > {
    if (text.length > instanceCharsMax) return { kind: "misfit", problems: [tooLargeProblem] };
    const { schema, schemaText } = this.#structured;
    let problems: readonly string[] = ["#: It is not JSON."];
    for (const form of [text, ...healedForms(text)]) {
      const value = parse(form);
      if (value === undefined) continue;
      const meant = withoutFilledNulls(value, schema, schema);
      const judged = meant === value ? form : JSON.stringify(meant);
      const validation = await this.#validate(schemaText, judged);
      if (validation.kind === "valid") return { kind: "text", text: judged, isHealed: form !== text };
      if (validation.kind !== "invalid") return toSchemaRefusal(validation);
      problems = validation.problems;
    }
    return { kind: "misfit", problems };
  }
}

const parse = (text: string): JsonValue | undefined => {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
};

/** Refused, cut, filtered, or the caller's own tools are called: not ours to judge. */
const isLeft = (message: JsonObject, finish: string | undefined): boolean =>
  (typeof message.refusal === "string" && message.refusal !== "") ||
  finish === "length" ||
  finish === "content_filter" ||
  toolCallsOf(message).length > 0;

/** The arguments of the one forced call are the answer. */
const unwrapped = (completion: JsonObject): JsonObject => {
  const choice = firstChoice(completion);
  const [call] = choice ? toolCallsOf(choice.message) : [];
  if (!choice || !call) return completion;
  const { tool_calls: _calls, ...message } = choice.message;
  const finish = choice.finish === undefined || choice.finish === "tool_calls" ? "stop" : choice.finish;
  return withFirstChoice(completion, { ...message, content: call.arguments }, finish);
};

export const toSchemaRefusal = (
  validation: { readonly kind: "unusable"; readonly reason: string } | { readonly kind: "too-slow" | "busy" },
): Refusal => {
  const param = "response_format";
  switch (validation.kind) {
    case "unusable":
      return refuse("invalid_json_schema", {
        message: `The schema cannot be used: ${validation.reason}.`,
        param,
      });
    case "too-slow":
      return refuse("invalid_json_schema", {
        message:
          "The schema takes more time or memory to check than a schema may: simplify its patterns and references.",
        param,
      });
    case "busy":
      return refuse("overloaded", { retryAfterMs: 1_000 });
  }
};

const problemBytesMax = 2_048;

const toProblemText = (problems: readonly string[]): string => problems.join("\n").slice(0, problemBytesMax);

/** The same question with the answer that did not fit and why. Plain: it is judged whole. */
export const toSecondCall = (call: Call, misfit: Extract<Judgement, { kind: "misfit" }>): Call => {
  const messages = Array.isArray(call.body.messages) ? (call.body.messages as readonly JsonValue[]) : [];
  const choice = firstChoice(misfit.completion);
  const answer = choice ? (contentOf(choice.message) ?? "") : "";
  const told = `That does not fit the schema:\n${toProblemText(misfit.problems)}\nAnswer again, with JSON that fits it.`;
  return changeCall(call, {
    members: {
      messages: [...messages, { role: "assistant", content: answer }, { role: "user", content: told }],
      // Models that take no temperature of their own refuse one.
      ...(call.body.temperature === undefined ? {} : { temperature: 0 }),
    },
    removed: ["stream", "stream_options"],
    isStream: false,
  });
};

export const toMisfitRefusal = ({ problems }: Extract<Judgement, { kind: "misfit" }>): Refusal =>
  refuse("structured_output_invalid", {
    message: `The model's answer does not fit the schema, a second one neither:\n${toProblemText(problems)}`,
    param: "response_format",
  });
