// What may be in the process at a time: requests, and bytes of their bodies.
import type { Limits } from "../../core/limits.ts";
import { type Refusal, refuse } from "../../core/refusals.ts";

export class Admission {
  readonly #limits: Limits;
  #requests = 0;
  #requestsSoFar = 0;
  #bytes = 0;
  #isDraining = false;
  #whenIdle: () => void = () => {};

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get requests(): number {
    return this.#requests;
  }

  /** All that were let in. */
  get requestsSoFar(): number {
    return this.#requestsSoFar;
  }

  /** A body that does not say its length is counted as the longest one. */
  enter(contentLength: number | undefined): Refusal | { readonly kind: "admitted"; leave(): void } {
    if (this.#isDraining) return refuse("draining", { retryAfterMs: 1_000 });
    const { requestBytes, requestBytesInFlight, requestsInFlight } = this.#limits;
    if (contentLength !== undefined && contentLength > requestBytes) return refuse("request_too_large");
    const bytes = contentLength ?? requestBytes;
    if (this.#requests >= requestsInFlight || this.#bytes + bytes > requestBytesInFlight) {
      return refuse("overloaded", { retryAfterMs: 1_000 });
    }
    this.#requests += 1;
    this.#requestsSoFar += 1;
    this.#bytes += bytes;
    let hasLeft = false;
    return {
      kind: "admitted",
      leave: () => {
        if (hasLeft) return;
        hasLeft = true;
        this.#requests -= 1;
        this.#bytes -= bytes;
        if (this.#requests === 0) this.#whenIdle();
      },
    };
  }

  /** Nothing new is taken from here on; resolves when what was taken is done. */
  drain(): Promise<void> {
    this.#isDraining = true;
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
      if (this.#requests === 0) resolve();
    });
  }
}
