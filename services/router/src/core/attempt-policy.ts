// What is tried next: one policy value, interpreted by one function (AttemptPlan.next). Knows no transport and no
// clock; the gateway does what it says.
//
// I1 At most `attemptsMax` requests leave for one request that came.
// I2 A key that was refused is parked; it never becomes the caller's 401.
// I3 Nothing is tried when the deadline would be over before it starts.
// I4 Where a caller's own keys are refused, no other provider is asked.
import type { Random } from "@cmdop/base";
import type { BreakerPolicy, KeyRing, ParkReason } from "./key-ring.ts";
import { type Refusal, refuse } from "./refusals.ts";

export interface AttemptPolicy {
  readonly attemptsMax: number;
  /** On one candidate, for failures of the provider itself. */
  readonly retriesPerCandidate: number;
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
  /** A Retry-After, or a parked key, is waited for up to this when nothing else is left to ask. */
  readonly waitMaxMs: number;
  /** How long a refused key is left alone. */
  readonly parkCredentialMs: number;
  /** The same for a reached rate without a Retry-After. */
  readonly parkRateMs: number;
  /** A Retry-After is believed up to this. */
  readonly parkMaxMs: number;
  readonly breaker: BreakerPolicy;
  readonly connectMs: number;
  /** From an attempt's start to the first content of a stream. */
  readonly firstContentMs: number;
  /** From an attempt's start to an answer that comes in one piece: a model may think for minutes before it. */
  readonly wholeAnswerMs: number;
  /** Between two pieces of an answer. */
  readonly idleMs: number;
  /** Of the whole request, retries included. */
  readonly totalMs: number;
}

export const attemptPolicyDefault: AttemptPolicy = {
  attemptsMax: 6,
  retriesPerCandidate: 2,
  backoffFirstMs: 200,
  backoffMaxMs: 4_000,
  waitMaxMs: 5_000,
  parkCredentialMs: 600_000,
  parkRateMs: 5_000,
  parkMaxMs: 3_600_000,
  breaker: { failures: 5, windowMs: 30_000, openMs: 15_000 },
  connectMs: 5_000,
  firstContentMs: 120_000,
  wholeAnswerMs: 600_000,
  idleMs: 60_000,
  totalMs: 1_800_000,
};

/** What came of one attempt, when it was no answer. */
export type AttemptFailure =
  /** The request is wrong, whoever is asked: passed on as it is. */
  | { readonly kind: "caller"; readonly refusal: Refusal }
  /** This provider has no such model; another may. `isOfKey`: so may another key of this one. */
  | { readonly kind: "model"; readonly isOfKey: boolean; readonly refusal: Refusal }
  /** It does not take the request in this form; it can be asked in another one at once. */
  | { readonly kind: "shape"; readonly refusal: Refusal }
  | { readonly kind: "credential" }
  | { readonly kind: "rate"; readonly retryAfterMs: number | undefined; readonly refusal: Refusal }
  /** The provider or the way to it failed. `isRepeatable`: asking it again neither pays twice nor waits as long again. */
  | {
      readonly kind: "provider";
      readonly isRepeatable: boolean;
      readonly retryAfterMs: number | undefined;
      readonly refusal: Refusal;
    };

export type Step<Candidate> =
  | { readonly kind: "ask"; readonly candidate: Candidate; readonly keyIndex: number }
  /** Wait, then call `next` again. */
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "give-up"; readonly refusal: Refusal };

export interface PlanOptions<Candidate> {
  readonly policy: AttemptPolicy;
  readonly candidates: readonly [Candidate, ...Candidate[]];
  readonly ringOf: (candidate: Candidate) => KeyRing;
  /** What is said when a provider that the caller brought takes none of its keys; undefined: it is the operator's. */
  readonly keysRefused?: (candidate: Candidate) => Refusal | undefined;
  readonly random: Random;
  /** Not after this is anything started. */
  readonly deadlineMs: number;
}

export class AttemptPlan<Candidate> {
  readonly #options: PlanOptions<Candidate>;
  #position = 0;
  #attempts = 0;
  #retries = 0;
  /** Of the candidate: keys that are good and may not have this. */
  #withoutKeys: ReadonlySet<number> = new Set();
  #asked: { readonly candidate: Candidate; readonly keyIndex: number } | undefined;
  #hasWaitedForKey = false;
  #waitMs: number | undefined;
  /** What the caller is told when nothing is left. */
  #refusal: Refusal | undefined;

  constructor(options: PlanOptions<Candidate>) {
    this.#options = options;
  }

  /** Requests that have left. */
  get attempts(): number {
    return this.#attempts;
  }

  next(nowMs: number): Step<Candidate> {
    const { policy, candidates, ringOf, deadlineMs } = this.#options;
    if (this.#waitMs !== undefined) {
      const ms = this.#waitMs;
      this.#waitMs = undefined;
      return { kind: "wait", ms };
    }
    while (this.#attempts < policy.attemptsMax && nowMs < deadlineMs) {
      const candidate = candidates[this.#position];
      if (!candidate) break;
      const pick = ringOf(candidate).pick(nowMs, this.#withoutKeys);
      if (pick.kind === "key") {
        this.#attempts += 1;
        this.#asked = { candidate, keyIndex: pick.index };
        return { kind: "ask", ...this.#asked };
      }
      const waitMs = pick.untilMs - nowMs;
      const isLast = this.#position === candidates.length - 1;
      if (isLast && pick.reason === "rate" && !this.#hasWaitedForKey && this.#canWait(waitMs, nowMs)) {
        this.#hasWaitedForKey = true;
        // Timers may fire a fraction of a millisecond early.
        return { kind: "wait", ms: Math.ceil(waitMs) + 1 };
      }
      const keysRefused = pick.reason === "credential" ? this.#options.keysRefused?.(candidate) : undefined;
      // I4
      if (keysRefused) return { kind: "give-up", refusal: keysRefused };
      this.#refusal ??= refusalOfParked(pick.reason, waitMs);
      this.#advance();
    }
    return { kind: "give-up", refusal: this.#refusal ?? refuse("upstream_timeout") };
  }

  /** The attempt that `next` asked for brought an answer. */
  succeeded(): void {
    const asked = this.#takeAsked();
    if (asked) this.#options.ringOf(asked.candidate).succeeded(asked.keyIndex);
  }

  /** It ended without saying anything about the provider: the caller left. */
  abandoned(): void {
    const asked = this.#takeAsked();
    if (asked) this.#options.ringOf(asked.candidate).released(asked.keyIndex);
  }

  failed(failure: AttemptFailure, nowMs: number): void {
    const asked = this.#takeAsked();
    if (!asked) return;
    const { policy, ringOf } = this.#options;
    const ring = ringOf(asked.candidate);
    switch (failure.kind) {
      case "caller":
        ring.succeeded(asked.keyIndex);
        this.#refusal = failure.refusal;
        this.#position = Number.POSITIVE_INFINITY;
        return;
      case "model":
        ring.succeeded(asked.keyIndex);
        this.#refusal = failure.refusal;
        if (failure.isOfKey) this.#withoutKeys = new Set([...this.#withoutKeys, asked.keyIndex]);
        else this.#advance();
        return;
      case "shape":
        ring.succeeded(asked.keyIndex);
        this.#refusal = failure.refusal;
        return;
      case "credential": {
        const ownRefusal = this.#options.keysRefused?.(asked.candidate);
        // A caller's own key may be good again as soon as its owner has seen to it.
        const parkMs = ownRefusal ? policy.parkRateMs : policy.parkCredentialMs;
        ring.park(asked.keyIndex, "credential", nowMs + parkMs);
        this.#refusal = ownRefusal ?? this.#refusal ?? refuse("upstream_credentials_exhausted");
        return;
      }
      case "rate": {
        const parkMs = Math.min(failure.retryAfterMs ?? policy.parkRateMs, policy.parkMaxMs);
        ring.park(asked.keyIndex, "rate", nowMs + parkMs);
        this.#refusal = failure.refusal;
        return;
      }
      case "provider":
        ring.failed(asked.keyIndex, nowMs);
        this.#refusal = failure.refusal;
        this.#retryOrAdvance(failure, nowMs);
        return;
    }
  }

  #retryOrAdvance(failure: Extract<AttemptFailure, { kind: "provider" }>, nowMs: number): void {
    const { policy, random } = this.#options;
    const ceiling = Math.min(policy.backoffMaxMs, policy.backoffFirstMs * 2 ** this.#retries);
    const backoffMs = Math.max(ceiling / 2 + (ceiling / 2) * random.fraction(), failure.retryAfterMs ?? 0);
    const isWorthIt = failure.isRepeatable && this.#retries < policy.retriesPerCandidate;
    if (!isWorthIt || this.#attempts >= policy.attemptsMax || !this.#canWait(backoffMs, nowMs)) {
      this.#advance();
      return;
    }
    this.#retries += 1;
    this.#waitMs = backoffMs;
  }

  #canWait(ms: number, nowMs: number): boolean {
    return ms <= this.#options.policy.waitMaxMs && nowMs + ms < this.#options.deadlineMs;
  }

  #advance(): void {
    this.#position += 1;
    this.#retries = 0;
    this.#withoutKeys = new Set();
  }

  #takeAsked(): { readonly candidate: Candidate; readonly keyIndex: number } | undefined {
    const asked = this.#asked;
    this.#asked = undefined;
    return asked;
  }
}

const refusalOfParked = (reason: ParkReason, waitMs: number): Refusal => {
  if (reason === "credential") return refuse("upstream_credentials_exhausted");
  return refuse(reason === "rate" ? "upstream_rate_limited" : "upstream_unavailable", {
    retryAfterMs: waitMs,
  });
};
