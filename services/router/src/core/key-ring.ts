// Which of a provider's keys can be used now. A key is parked when the provider refuses it or its rate is reached;
// a key on which the provider fails again and again is left alone for a while, then tried with one request.
//
// I1 A parked key is never picked before its time.
// I2 After a break one request goes through at a time until one of them succeeds.

export interface BreakerPolicy {
  /** Failures in a row, each within `windowMs` of the last, that open it. */
  readonly failures: number;
  readonly windowMs: number;
  readonly openMs: number;
}

export type ParkReason = "credential" | "rate" | "broken";

export type Pick =
  | { readonly kind: "key"; readonly index: number }
  /** `untilMs`: when the first of them can be used again. */
  | { readonly kind: "none"; readonly reason: ParkReason; readonly untilMs: number };

interface KeyState {
  parkedUntilMs: number;
  reason: ParkReason;
  failures: number;
  lastFailureMs: number;
  /** After a break: whether the one request that tries it is on its way. */
  isOnTrial: boolean;
  isTrialRunning: boolean;
}

const fresh = (): KeyState => ({
  parkedUntilMs: Number.NEGATIVE_INFINITY,
  reason: "rate",
  failures: 0,
  lastFailureMs: Number.NEGATIVE_INFINITY,
  isOnTrial: false,
  isTrialRunning: false,
});

const none: ReadonlySet<number> = new Set();

export class KeyRing {
  readonly #keys: KeyState[];
  readonly #breaker: BreakerPolicy;
  #next = 0;

  /** `size`: how many keys the provider has; a provider without keys has one empty one. */
  constructor(size: number, breaker: BreakerPolicy) {
    this.#keys = Array.from({ length: Math.max(1, size) }, fresh);
    this.#breaker = breaker;
  }

  /** The next usable key, in turn, none of `without`. The caller reports what came of it with one of the methods below. */
  pick(nowMs: number, without: ReadonlySet<number> = none): Pick {
    for (let step = 0; step < this.#keys.length; step += 1) {
      const index = (this.#next + step) % this.#keys.length;
      const key = this.#keys[index];
      if (!key || without.has(index) || key.parkedUntilMs > nowMs || key.isTrialRunning) continue;
      key.isTrialRunning = key.isOnTrial;
      this.#next = (index + 1) % this.#keys.length;
      return { kind: "key", index };
    }
    let first: KeyState | undefined;
    for (const [index, key] of this.#keys.entries()) {
      if (!without.has(index) && (!first || key.parkedUntilMs < first.parkedUntilMs)) first = key;
    }
    return {
      kind: "none",
      reason: first?.reason ?? "broken",
      untilMs: Math.max(nowMs, first?.parkedUntilMs ?? nowMs),
    };
  }

  succeeded(index: number): void {
    const key = this.#keys[index];
    if (!key) return;
    const { parkedUntilMs, reason } = key;
    // I1: it may have left before the key was parked.
    Object.assign(key, fresh(), reason === "broken" ? {} : { parkedUntilMs, reason });
  }

  /** The provider refused the key or its rate is reached. */
  park(index: number, reason: "credential" | "rate", untilMs: number): void {
    const key = this.#keys[index];
    if (!key) return;
    key.isTrialRunning = false;
    key.parkedUntilMs = Math.max(key.parkedUntilMs, untilMs);
    key.reason = reason;
  }

  /** The provider itself failed. */
  failed(index: number, nowMs: number): void {
    const key = this.#keys[index];
    if (!key) return;
    key.isTrialRunning = false;
    key.failures = nowMs - key.lastFailureMs > this.#breaker.windowMs ? 1 : key.failures + 1;
    key.lastFailureMs = nowMs;
    if (!key.isOnTrial && key.failures < this.#breaker.failures) return;
    key.isOnTrial = true;
    const untilMs = nowMs + this.#breaker.openMs;
    if (untilMs < key.parkedUntilMs) return;
    key.parkedUntilMs = untilMs;
    key.reason = "broken";
  }

  /** The request ended without saying anything about the key: the caller left, or the request was wrong. */
  released(index: number): void {
    const key = this.#keys[index];
    if (key) key.isTrialRunning = false;
  }
}
