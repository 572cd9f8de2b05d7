// What a request used, and its settlement.
//
// I1 A meter settles exactly once, whatever ends the request and however often it is told.
// I2 A request that took several answers of a model (a second try, a search between them) is the sum of them.
// I3 What the provider reported is taken as it is; what is estimated says so.
import { isJsonObject, type JsonObject, type JsonValue } from "./json-text.ts";
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

/**
 * Of one request. Callers bring providers, which say any number, and give models any price: sums of them, here and at the
 * control plane, are everybody's.
 */
const tokensMax = 1_000_000_000;
const dollarsMax = 1_000_000;

const count = (value: JsonValue | undefined): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0
    ? Math.min(tokensMax, Math.floor(value))
    : 0;

const member = (value: JsonValue | undefined, name: string): JsonValue | undefined =>
  isJsonObject(value) ? value[name] : undefined;

const isCount = (value: JsonValue | undefined): boolean =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;

/** Anthropic counts what is read from and written to its cache beside the input, everybody else within it. */
const inputOf = (usage: JsonObject): number =>
  usage.prompt_tokens === undefined
    ? count(usage.input_tokens) +
      count(usage.cache_read_input_tokens) +
      count(usage.cache_creation_input_tokens)
    : count(usage.prompt_tokens);

/** The `usage` of OpenAI's chat, embeddings and Responses, and of Anthropic's messages; undefined when it is none. */
export const readTokens = (usage: JsonValue | undefined): Tokens | undefined => {
  if (!isJsonObject(usage)) return undefined;
  const { prompt_tokens: prompt, input_tokens, completion_tokens: completion, output_tokens, cost } = usage;
  // One that says nothing is none: the answer would be free.
  if (![prompt, input_tokens, completion, output_tokens, cost].some(isCount)) return undefined;
  return {
    input: inputOf(usage),
    output: count(usage.completion_tokens ?? usage.output_tokens),
    cachedInput: count(
      member(usage.prompt_tokens_details ?? usage.input_tokens_details, "cached_tokens") ??
        usage.cache_read_input_tokens,
    ),
    reasoning: count(
      member(usage.completion_tokens_details ?? usage.output_tokens_details, "reasoning_tokens"),
    ),
    cost:
      typeof cost === "number" && Number.isFinite(cost) && cost >= 0 ? Math.min(dollarsMax, cost) : undefined,
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

const costOf = (input: number, output: number, price: Price | undefined): number | undefined =>
  price && Math.min(dollarsMax, (input * price.input + output * price.output) / 1_000_000);

export class Meter {
  /** Of answers before the one that is made now. */
  #before: Sum = nothing;
  #tokens: Tokens | undefined;
  #isAccepted = false;
  #inputChars: number;
  /** Since a report that said more than the one before it. */
  #unreportedChars = 0;
  /** Since any report. */
  #charsSinceReport = 0;
  #isSettled = false;

  /** `inputChars`: of the request's body, the base of an estimate. */
  constructor(inputChars: number) {
    this.#inputChars = inputChars;
  }

  /** A provider took the request: from here on it may cost something. */
  accepted(): void {
    this.#isAccepted = true;
  }

  /** The latest report counts: providers repeat totals, they do not add. It is about what was received before it. */
  reported(tokens: Tokens): void {
    if (tokens.output > (this.#tokens?.output ?? 0)) this.#unreportedChars = 0;
    this.#charsSinceReport = 0;
    this.#tokens = tokens;
  }

  /** Text of the answer that was received. */
  received(chars: number): void {
    this.#unreportedChars += chars;
    this.#charsSinceReport += chars;
  }

  /** An answer is complete; what follows counts beside it. `inputChars`: of the next request. */
  fold(price: Price | undefined, inputChars: number): void {
    this.#before = add(this.#before, this.#current(price, true));
    this.restart();
    this.#inputChars = inputChars;
  }

  /** An attempt that failed before its content began: what it may have cost is not the caller's. */
  restart(): void {
    this.#tokens = undefined;
    this.#isAccepted = false;
    this.#unreportedChars = 0;
    this.#charsSinceReport = 0;
  }

  /** Undefined when it was settled before. */
  settle(end: End, price: Price | undefined): Usage | undefined {
    if (this.#isSettled) return undefined;
    this.#isSettled = true;
    return { ...add(this.#before, this.#current(price, end === "finished")), end };
  }

  #current(price: Price | undefined, isWhole: boolean): Sum {
    const reported = this.#tokens;
    // Anthropic's streams say at their start that a token or some were made: of one that was left in the middle that is not
    // all, and a whole one's last report may say no more.
    const chars = isWhole ? this.#charsSinceReport : this.#unreportedChars;
    const unreported = this.#isAccepted ? estimateTokens(chars) : 0;
    const input = reported?.input ?? (this.#isAccepted ? estimateTokens(this.#inputChars) : 0);
    const output = (reported?.output ?? 0) + unreported;
    return {
      inputTokens: input,
      outputTokens: output,
      cachedInputTokens: reported?.cachedInput ?? 0,
      reasoningTokens: reported?.reasoning ?? 0,
      cost:
        unreported === 0
          ? (reported?.cost ?? costOf(input, output, price))
          : (costOf(input, output, price) ?? reported?.cost),
      isEstimated: this.#isAccepted && (reported === undefined || unreported > 0),
    };
  }
}
