// What may be in the process at a time: requests, and bytes of their bodies.
import type { Limits } from "../../core/limits.ts";
import { OwnedBytes } from "../../core/owned-bytes.ts";
import { type Refusal, refuse } from "../../core/refusals.ts";

export class Admission {
  readonly #limits: Limits;
  #requests = 0;
  #requestsSoFar = 0;
  readonly #room: OwnedBytes;
  #isDraining = false;
  #whenIdle: () => void = () => {};

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#room = new OwnedBytes({ bytesMax: limits.requestBytesInFlight, oneMax: limits.requestBytes });
  }

  get requests(): number {
    return this.#requests;
  }

  /** All that were let in. */
  get requestsSoFar(): number {
    return this.#requestsSoFar;
  }

  /**
   * A body that does not say its length is counted as the longest one. `owner`: whose it is; no owner's bodies, which
   * may never come, fill all the room.
   */
  enter(
    contentLength: number | undefined,
    owner: string,
  ): Refusal | { readonly kind: "admitted"; leave(): void } {
    if (this.#isDraining) return refuse("draining", { retryAfterMs: 1_000 });
    const { requestBytes, requestsInFlight } = this.#limits;
    if (contentLength !== undefined && contentLength > requestBytes) return refuse("request_too_large");
    const bytes = contentLength ?? requestBytes;
    if (this.#requests >= requestsInFlight || !this.#room.take(owner, bytes)) {
      return refuse("overloaded", { retryAfterMs: 1_000 });
    }
    this.#requests += 1;
    this.#requestsSoFar += 1;
    let hasLeft = false;
    return {
      kind: "admitted",
      leave: () => {
        if (hasLeft) return;
        hasLeft = true;
        this.#requests -= 1;
        this.#room.give(owner, bytes);
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
