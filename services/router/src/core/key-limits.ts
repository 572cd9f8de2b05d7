// What one key may do: the answer's headers and refusals, from what a counter says.
import { type Refusal, refuse } from "./refusals.ts";

/** Undefined: without a bound. */
export interface KeyLimits {
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
  /** Requests at a time, streams among them. */
  readonly concurrent: number | undefined;
  /** Of one request's body. */
  readonly requestBytes: number | undefined;
}

/** One counter of a minute. */
export interface Quota {
  readonly name: "requests" | "tokens";
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** OpenAI's form of a duration: 250ms, 1s, 1m0s. */
const toDuration = (ms: number): string => {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
};

/** https://platform.openai.com/docs/guides/rate-limits */
export const toQuotaHeaders = (quotas: readonly Quota[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    quotas.flatMap(({ name, limit, remaining, resetMs }) => [
      [`x-ratelimit-limit-${name}`, String(limit)],
      [`x-ratelimit-remaining-${name}`, String(remaining)],
      [`x-ratelimit-reset-${name}`, toDuration(resetMs)],
    ]),
  );

export const overQuota = ({ name, limit, resetMs }: Quota): Refusal =>
  refuse("rate_limit_exceeded", {
    message: `The API key has used its ${limit} ${name} a minute.`,
    retryAfterMs: resetMs,
  });

export const overBytes = (limit: number): Refusal =>
  refuse("request_too_large", {
    message: `The body is larger than the ${limit} bytes that the API key may send.`,
  });

export const overConcurrency = (limit: number): Refusal =>
  refuse("rate_limit_exceeded", {
    message: `The API key has ${limit} requests running, as many as it may have.`,
    retryAfterMs: 1_000,
  });
