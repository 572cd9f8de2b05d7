// One request to one provider: its cancellation, its times, and the reading of its answer.
import type { Clock } from "@cmdop/base";
import type { AttemptFailure, AttemptPolicy } from "../core/attempt-policy.ts";
import { secretsIn } from "../core/provider-errors.ts";
import { type RefusalCode, refuse } from "../core/refusals.ts";
import type { Secret } from "../core/secret.ts";
import { type Expiry, Watchdog } from "./watchdog.ts";

export interface AttemptOptions {
  readonly clock: Clock;
  readonly policy: AttemptPolicy;
  /** Aborted when the caller leaves. */
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly isStream: boolean;
  readonly key: Secret | undefined;
  /** Those that are set for this provider. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How reading went wrong. */
export type ReadFailure = "lost" | "too-large" | "gone" | Expiry;

export class Attempt {
  readonly #options: AttemptOptions;
  readonly #controller = new AbortController();
  readonly #watchdog: Watchdog;
  readonly #leave = (): void => this.#controller.abort();
  #expired: Expiry | undefined;
  #hasContent = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#watchdog = new Watchdog(options.clock, (expiry) => {
      this.#expired = expiry;
      this.#controller.abort();
    });
    const { clock, policy, deadlineMs, isStream } = options;
    const firstContentMs = clock.nowMs() + (isStream ? policy.firstContentMs : policy.wholeAnswerMs);
    this.#watchdog.set(
      Math.min(firstContentMs, deadlineMs),
      firstContentMs < deadlineMs ? "firstContent" : "total",
    );
    if (options.signal.aborted) this.#leave();
    else options.signal.addEventListener("abort", this.#leave, { once: true });
  }

  /** What it sends that nobody else may learn. */
  get secrets(): readonly Secret[] {
    return secretsIn(this.#options.key, this.#options.headers);
  }

  /** For the transport. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isGone(): boolean {
    return this.#options.signal.aborted;
  }

  get expired(): Expiry | undefined {
    return this.#expired;
  }

  /** From here on the time between two pieces counts. */
  contentBegan(): void {
    this.#hasContent = true;
    this.#watchdog.set(this.#options.deadlineMs, "total");
  }

  /** Runs one read with its time; what happens outside of it (a slow reader) is not the provider's fault. */
  async read<Value>(read: () => Promise<Value>): Promise<Value> {
    const { clock, policy, deadlineMs } = this.#options;
    if (!this.#hasContent) return read();
    const idleMs = clock.nowMs() + policy.idleMs;
    this.#watchdog.set(Math.min(idleMs, deadlineMs), idleMs < deadlineMs ? "idle" : "total");
    try {
      return await read();
    } finally {
      this.#watchdog.set(deadlineMs, "total");
    }
  }

  /** Why a read failed. */
  readFailure(): ReadFailure {
    if (this.isGone) return "gone";
    return this.#expired ?? "lost";
  }

  /** Its answer was read to the end: nothing runs any more that would have to be aborted. */
  finish(): void {
    this.#watchdog.stop();
    this.#options.signal.removeEventListener("abort", this.#leave);
  }

  /** Ends what still runs of it. Safe to call twice. */
  close(): void {
    this.finish();
    this.#controller.abort();
  }
}

const refusalOfRead: Readonly<Record<Exclude<ReadFailure, "gone">, RefusalCode>> = {
  lost: "upstream_truncated",
  "too-large": "upstream_invalid",
  firstContent: "upstream_stalled",
  idle: "upstream_timeout",
  total: "upstream_timeout",
};

/** What a failed read tells the caller; with `gone` nobody is there to be told. */
export const toReadRefusal = (failure: ReadFailure) =>
  refuse(failure === "gone" ? "internal" : refusalOfRead[failure]);

/** The same as the failure of an attempt: a time that is over is not waited for again at the same provider. */
export const toProviderFailure = (failure: ReadFailure): AttemptFailure => ({
  kind: "provider",
  isRepeatable: failure === "lost",
  retryAfterMs: undefined,
  refusal: toReadRefusal(failure),
});
