// What a request used, and its settlement.
//
// I1 A meter settles exactly once, whatever ends the request and however often it is told.
// I2 A request that took several answers of a model (a second try, a search between them) is the sum of them.
// I3 What the provider reported is taken as it is; what is estimated says so.
import { isJsonObject, type JsonValue } from "./json-text.ts";
import type { Price } from "./route-table.ts";

export interface Tokens {
  readonly input: number;
  readonly output: number;
  /** Of the input: read from the provider's cache. */
  readonly cachedInput: number;
  /** Of the output: not shown to the caller. */
  readonly reasoning: number;
  /** US dollars, when the provider says them itself. */
  readonly cost: number | undefined;
}

const count = (value: JsonValue | undefined): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;

const member = (value: JsonValue | undefined, name: string): JsonValue | undefined =>
  isJsonObject(value) ? value[name] : undefined;

/** The `usage` of OpenAI's chat, embeddings and Responses, and of Anthropic's messages; undefined when it is none. */
export const readTokens = (usage: JsonValue | undefined): Tokens | undefined => {
  if (!isJsonObject(usage)) return undefined;
  const cost = usage.cost;
  return {
    input: count(usage.prompt_tokens ?? usage.input_tokens),
    output: count(usage.completion_tokens ?? usage.output_tokens),
    cachedInput: count(
      member(usage.prompt_tokens_details ?? usage.input_tokens_details, "cached_tokens") ??
        usage.cache_read_input_tokens,
    ),
    reasoning: count(
      member(usage.completion_tokens_details ?? usage.output_tokens_details, "reasoning_tokens"),
    ),
    cost: typeof cost === "number" && Number.isFinite(cost) && cost >= 0 ? cost : undefined,
  };
};

/** English text in OpenAI's encodings has about four characters a token. */
const charsPerToken = 4;
export const estimateTokens = (chars: number): number => Math.ceil(chars / charsPerToken);

export type End = "finished" | "failed" | "aborted";

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  readonly reasoningTokens: number;
  /** US dollars; undefined: the model's price is not known. */
  readonly cost: number | undefined;
  readonly isEstimated: boolean;
  readonly end: End;
}

const nothing = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  reasoningTokens: 0,
  cost: undefined,
  isEstimated: false,
} as const;

type Sum = Omit<Usage, "end">;

const add = (one: Sum, other: Sum): Sum => ({
  inputTokens: one.inputTokens + other.inputTokens,
  outputTokens: one.outputTokens + other.outputTokens,
  cachedInputTokens: one.cachedInputTokens + other.cachedInputTokens,
  reasoningTokens: one.reasoningTokens + other.reasoningTokens,
  cost: one.cost === undefined && other.cost === undefined ? undefined : (one.cost ?? 0) + (other.cost ?? 0),
  isEstimated: one.isEstimated || other.isEstimated,
});

export class Meter {
  /** Of answers before the one that is made now. */
  #before: Sum = nothing;
  #tokens: Tokens | undefined;
  #isAccepted = false;
  #inputChars: number;
  #outputChars = 0;
  #isSettled = false;

  /** `inputChars`: of the request's body, the base of an estimate. */
  constructor(inputChars: number) {
    this.#inputChars = inputChars;
  }

  /** A provider took the request: from here on it may cost something. */
  accepted(): void {
    this.#isAccepted = true;
  }

  /** The latest report counts: providers repeat totals, they do not add. */
  reported(tokens: Tokens): void {
    this.#tokens = tokens;
  }

  /** Text of the answer that was received. */
  received(chars: number): void {
    this.#outputChars += chars;
  }

  /** An answer is complete; what follows counts beside it. `inputChars`: of the next request. */
  fold(price: Price | undefined, inputChars: number): void {
    this.#before = add(this.#before, this.#current(price));
    this.restart();
    this.#inputChars = inputChars;
  }

  /** An attempt that failed before its content began: what it may have cost is not the caller's. */
  restart(): void {
    this.#tokens = undefined;
    this.#isAccepted = false;
    this.#outputChars = 0;
  }

  /** Undefined when it was settled before. */
  settle(end: End, price: Price | undefined): Usage | undefined {
    if (this.#isSettled) return undefined;
    this.#isSettled = true;
    return { ...add(this.#before, this.#current(price)), end };
  }

  #current(price: Price | undefined): Sum {
    const isEstimated = this.#tokens === undefined && this.#isAccepted;
    const tokens = this.#tokens ?? {
      input: isEstimated ? estimateTokens(this.#inputChars) : 0,
      output: isEstimated ? estimateTokens(this.#outputChars) : 0,
      cachedInput: 0,
      reasoning: 0,
      cost: undefined,
    };
    return {
      inputTokens: tokens.input,
      outputTokens: tokens.output,
      cachedInputTokens: tokens.cachedInput,
      reasoningTokens: tokens.reasoning,
      cost: tokens.cost ?? (price && (tokens.input * price.input + tokens.output * price.output) / 1_000_000),
      isEstimated,
    };
  }
}
