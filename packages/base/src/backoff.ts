import { type Random, systemRandom } from "./random.ts";

export interface BackoffPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Redials of links and attachments: 50 ms to 10 s. */
export const redialPolicy: BackoffPolicy = { firstMs: 50, maxMs: 10_000 };

/**
 * Exponential backoff with full jitter in the upper half: attempt n waits between half and all of
 * firstMs * 2^n, at most maxMs. `reset()` after a success.
 */
export class Backoff {
  readonly #policy: BackoffPolicy;
  readonly #random: Random;
  #attempt = 0;

  constructor(policy: BackoffPolicy = redialPolicy, random: Random = systemRandom) {
    this.#policy = policy;
    this.#random = random;
  }

  get attempt(): number {
    return this.#attempt;
  }

  nextMs(): number {
    const ceiling = Math.min(this.#policy.maxMs, this.#policy.firstMs * 2 ** Math.min(this.#attempt, 30));
    this.#attempt += 1;
    return ceiling / 2 + (ceiling / 2) * this.#random.fraction();
  }

  reset(): void {
    this.#attempt = 0;
  }
}
