// Counts what each key uses. A request is counted when it comes, tokens when they are settled: who is over the tokens
// of a minute has used them, and waits for the next one.
import {
  type KeyLimits,
  overConcurrency,
  overQuota,
  type Quota,
  toQuotaHeaders,
} from "../../core/key-limits.ts";
import type { Caller, Limiter, LimiterEntry, UsageEvent } from "../../ports.ts";
import { type Counters, windowMs } from "./counters.ts";

export interface RecordingLimiter extends Limiter {
  record(event: UsageEvent): void;
}

export const createLimiter = ({ requests, tokens }: Counters): RecordingLimiter => {
  /** In this process: a router that dies takes its running requests with it, and no count of them stays behind. */
  const running = new Map<string, number>();
  /** Keys whose tokens are counted. */
  const bounded = new Set<string>();

  const enter = async ({ keyId, limits }: Caller): Promise<LimiterEntry> => {
    const now = running.get(keyId) ?? 0;
    if (limits?.concurrent !== undefined && now >= limits.concurrent) {
      return { kind: "refused", refusal: overConcurrency(limits.concurrent), headers: {} };
    }
    // Before the counters are asked: whoever comes meanwhile must see the place taken.
    running.set(keyId, now + 1);
    if (limits?.tokensPerMinute === undefined && limits?.requestsPerMinute === undefined) {
      return { kind: "admitted", headers: {}, leave: () => leave(keyId) };
    }
    const quotas = await take(keyId, limits);
    const spent = quotas.find(({ remaining }) => remaining < 0);
    const headers = toQuotaHeaders(
      quotas.map((quota) => ({ ...quota, remaining: Math.max(0, quota.remaining) })),
    );
    if (spent) {
      leave(keyId);
      return { kind: "refused", refusal: overQuota(spent), headers };
    }
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
      bounded.add(keyId);
      const counted = await tokens.read(keyId);
      const remaining = tokensPerMinute - (counted?.used ?? 0);
      quotas.push({
        name: "tokens",
        limit: tokensPerMinute,
        remaining: remaining > 0 ? remaining : -1,
        resetMs: counted?.resetMs ?? windowMs,
      });
    }
    if (requestsPerMinute !== undefined) {
      const { used, resetMs } = await requests.add(keyId, 1);
      quotas.unshift({
        name: "requests",
        limit: requestsPerMinute,
        remaining: requestsPerMinute - used,
        resetMs,
      });
    }
    return quotas;
  };

  return {
    enter,
    record: ({ keyId, inputTokens, outputTokens }) => {
      const used = inputTokens + outputTokens;
      if (bounded.has(keyId) && used > 0) void tokens.add(keyId, used);
    },
  };
};
