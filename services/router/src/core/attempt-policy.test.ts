import { SeededRandom } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { type AttemptFailure, AttemptPlan, attemptPolicyDefault } from "./attempt-policy.ts";
import { KeyRing } from "./key-ring.ts";
import { refuse } from "./refusals.ts";
import type { Candidate } from "./route-table.ts";

const policy = { ...attemptPolicyDefault, attemptsMax: 6, retriesPerCandidate: 2, waitMaxMs: 1_000 };

const candidate = (provider: string): Candidate => ({
  provider: { name: provider, kind: "openai", isCustom: true },
  modelId: "m",
  upstreamId: "m",
  price: undefined,
  isListed: true,
});

/** `own`: a provider that the caller brought. */
const plan = (keys: Readonly<Record<string, number>>, deadlineMs = 100_000, seed = 1) => {
  const rings = new Map(
    Object.entries(keys).map(([name, size]) => [name, new KeyRing(size, policy.breaker)]),
  );
  const [first = candidate("none"), ...rest] = Object.keys(keys).map(candidate);
  return new AttemptPlan({
    policy,
    candidates: [first, ...rest],
    ringOf: ({ provider }) => rings.get(provider.name) ?? new KeyRing(1, policy.breaker),
    keysRefused: ({ provider }) => (provider.name === "own" ? refuse("provider_key_rejected") : undefined),
    random: new SeededRandom(seed),
    deadlineMs,
  });
};

const down: AttemptFailure = {
  kind: "provider",
  isRepeatable: true,
  retryAfterMs: undefined,
  refusal: refuse("upstream_error"),
};
const silent: AttemptFailure = { ...down, isRepeatable: false, refusal: refuse("upstream_stalled") };
const rate = (retryAfterMs?: number): AttemptFailure => ({
  kind: "rate",
  retryAfterMs,
  refusal: refuse("upstream_rate_limited"),
});
const wrong: AttemptFailure = { kind: "caller", refusal: refuse("upstream_rejected") };
const gone: AttemptFailure = { kind: "model", isOfKey: false, refusal: refuse("model_not_found") };
const notForKey: AttemptFailure = { ...gone, isOfKey: true };

/** What the plan does when every attempt fails in the same way: "a0" is key 0 of provider a. */
const play = (subject: AttemptPlan<Candidate>, failure: AttemptFailure): string[] => {
  const told: string[] = [];
  let nowMs = 0;
  for (;;) {
    const step = subject.next(nowMs);
    if (step.kind === "give-up") return [...told, step.refusal.row];
    if (step.kind === "wait") {
      nowMs += step.ms;
      told.push("wait");
      continue;
    }
    told.push(`${step.candidate.provider.name}${step.keyIndex}`);
    subject.failed(failure, nowMs);
  }
};

describe("what is tried", () => {
  it.each([
    [
      "a provider that is down: retries with other keys, then the next one",
      { a: 2, b: 1 },
      down,
      ["a0", "wait", "a1", "wait", "a0", "b0", "wait", "b0", "wait", "b0", "upstream_error"],
    ],
    [
      "silence is not waited for twice at one provider",
      { a: 2, b: 1 },
      silent,
      ["a0", "b0", "upstream_stalled"],
    ],
    [
      "a refused key: every other key, never the caller's 401",
      { a: 2, b: 1 },
      { kind: "credential" },
      ["a0", "a1", "b0", "upstream_credentials_exhausted"],
    ],
    [
      "refused keys, more than may be asked with: it is said that they are refused",
      { a: 9 },
      { kind: "credential" },
      ["a0", "a1", "a2", "a3", "a4", "a5", "upstream_credentials_exhausted"],
    ],
    [
      "a caller's own keys refused: every other one of them, and no other provider (I4)",
      { own: 2, b: 1 },
      { kind: "credential" },
      ["own0", "own1", "provider_key_rejected"],
    ],
    [
      "a reached rate: every other key, then one short wait",
      { a: 1, b: 1 },
      rate(500),
      ["a0", "b0", "wait", "b0", "upstream_rate_limited"],
    ],
    ["a long one is not waited for", { a: 2 }, rate(60_000), ["a0", "a1", "upstream_rate_limited"]],
    ["a wrong request is asked once", { a: 2, b: 1 }, wrong, ["a0", "upstream_rejected"]],
    ["a model that is gone is asked elsewhere", { a: 2, b: 1 }, gone, ["a0", "b0", "model_not_found"]],
    [
      "a model that a key may not have: every other key once, then the next provider",
      { a: 3, b: 1 },
      notForKey,
      ["a0", "a1", "a2", "b0", "model_not_found"],
    ],
  ] as const)("%s", (_name, keys, failure, expected) => {
    expect(play(plan(keys), failure)).toEqual(expected);
  });

  it("is nothing after the deadline (I3)", () => {
    expect(play(plan({ a: 1 }, 50), down)).toEqual(["a0", "upstream_error"]);
  });

  it("comes after a wait that doubles and is nobody else's", () => {
    const { backoffFirstMs: first } = policy;
    const waits = Array.from({ length: 50 }, (_, seed) => {
      const subject = plan({ a: 1 }, Number.POSITIVE_INFINITY, seed + 1);
      return [0, 1].map((retry) => {
        subject.next(retry);
        subject.failed(down, retry);
        const step = subject.next(retry);
        return step.kind === "wait" ? step.ms : 0;
      });
    });
    const [one, two] = [0, 1].map((retry) => waits.map((row) => row[retry] ?? 0));
    expect(one?.every((ms) => ms >= first / 2 && ms <= first)).toBe(true);
    expect(two?.every((ms) => ms >= first && ms <= 2 * first)).toBe(true);
    expect(new Set(one).size).toBeGreaterThan(40);
  });

  it("is no more than the policy allows (I1)", () => {
    const asked = play(plan({ a: 3, b: 3, c: 3 }), down).filter((told) => /^[abc]\d$/.test(told));
    expect(asked.length).toBe(policy.attemptsMax);
  });
});
