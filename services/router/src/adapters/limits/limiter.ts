// Counts what each key uses, in this process. A request is counted when it comes, tokens when they are settled: who
// is over the tokens of a minute has used them, and waits for the next one.
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import {
  type KeyLimits,
  overConcurrency,
  overQuota,
  type Quota,
  toQuotaHeaders,
} from "../../core/key-limits.ts";
import type { Caller, Limiter, LimiterEntry, UsageEvent } from "../../ports.ts";

const windowSeconds = 60;
const windowMs = windowSeconds * 1_000;

export interface ClosableLimiter extends Limiter {
  record(event: UsageEvent): void;
  close(): void;
}

export const createLimiter = (): ClosableLimiter => {
  const requests = new Counters();
  const tokens = new Counters();
  const running = new Map<string, number>();
  /** The bound of tokens that a key came with last: where its tokens are counted. */
  const tokenBounds = new Map<string, number>();

  const enter = async ({ keyId, limits }: Caller): Promise<LimiterEntry> => {
    const now = running.get(keyId) ?? 0;
    if (limits?.concurrent !== undefined && now >= limits.concurrent) {
      return { kind: "refused", refusal: overConcurrency(limits.concurrent), headers: {} };
    }
    const quotas = await take(keyId, limits);
    const spent = quotas.find(({ remaining }) => remaining < 0);
    const headers = toQuotaHeaders(
      quotas.map((quota) => ({ ...quota, remaining: Math.max(0, quota.remaining) })),
    );
    if (spent) return { kind: "refused", refusal: overQuota(spent), headers };
    running.set(keyId, (running.get(keyId) ?? 0) + 1);
    return { kind: "admitted", headers, leave: () => leave(keyId) };
  };

  const leave = (keyId: string): void => {
    const left = (running.get(keyId) ?? 1) - 1;
    if (left > 0) running.set(keyId, left);
    else running.delete(keyId);
  };

  /** A quota that is spent has a remainder below zero. */
  const take = async (keyId: string, limits: KeyLimits | undefined): Promise<readonly Quota[]> => {
    const quotas: Quota[] = [];
    const { requestsPerMinute, tokensPerMinute } = limits ?? {};
    if (tokensPerMinute !== undefined) {
      tokenBounds.set(keyId, tokensPerMinute);
      const used = await tokens.of(tokensPerMinute).get(keyId);
      const remaining = tokensPerMinute - (used?.consumedPoints ?? 0);
      quotas.push({
        name: "tokens",
        limit: tokensPerMinute,
        remaining: remaining > 0 ? remaining : -1,
        resetMs: used?.msBeforeNext ?? windowMs,
      });
    }
    if (requestsPerMinute !== undefined) {
      const used = await consume(requests.of(requestsPerMinute), keyId);
      quotas.unshift({
        name: "requests",
        limit: requestsPerMinute,
        remaining: requestsPerMinute - used.consumedPoints,
        resetMs: used.msBeforeNext,
      });
    }
    return quotas;
  };

  return {
    enter,
    record: ({ keyId, inputTokens, outputTokens }) => {
      const bound = tokenBounds.get(keyId);
      const used = inputTokens + outputTokens;
      if (bound !== undefined && used > 0) void tokens.of(bound).penalty(keyId, used);
    },
    close: () => {
      requests.clear();
      tokens.clear();
    },
  };
};

/** One limiter for each bound: the library's have their bound for all of their keys. */
class Counters {
  readonly #limiters = new Map<number, RateLimiterMemory>();

  of(points: number): RateLimiterMemory {
    const known = this.#limiters.get(points);
    if (known) return known;
    const limiter = new RateLimiterMemory({ points, duration: windowSeconds });
    this.#limiters.set(points, limiter);
    return limiter;
  }

  clear(): void {
    this.#limiters.clear();
  }
}

/** The library rejects with the same figures when the bound is reached. */
const consume = async (limiter: RateLimiterMemory, keyId: string): Promise<RateLimiterRes> => {
  try {
    return await limiter.consume(keyId);
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return refused;
    throw refused;
  }
};
