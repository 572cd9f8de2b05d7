import type { Clock } from "@cmdop/base";

/** Which of the policy's times was over. */
export type Expiry = "firstContent" | "idle" | "total";

/**
 * One deadline that is moved with every piece of an answer. The timer behind it is set anew when it fires, not when
 * the deadline moves: a stream moves it a hundred times a second.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #expire: (expiry: Expiry) => void;
  #dueMs = Number.POSITIVE_INFINITY;
  #expiry: Expiry = "total";
  #firesMs = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => {};

  constructor(clock: Clock, expire: (expiry: Expiry) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  set(dueMs: number, expiry: Expiry): void {
    this.#dueMs = dueMs;
    this.#expiry = expiry;
    if (dueMs < this.#firesMs) this.#arm(dueMs);
  }

  stop(): void {
    this.#cancel();
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#firesMs = Number.POSITIVE_INFINITY;
  }

  #arm(dueMs: number): void {
    this.#cancel();
    this.#firesMs = dueMs;
    this.#cancel = this.#clock.after(Math.max(0, dueMs - this.#clock.nowMs()), () => this.#fire());
  }

  #fire(): void {
    this.#firesMs = Number.POSITIVE_INFINITY;
    // A timer may fire a fraction of a millisecond early.
    if (this.#dueMs - this.#clock.nowMs() > 1) this.#arm(this.#dueMs);
    else this.#expire(this.#expiry);
  }
}
