// What may be in the process at a time: requests, and bytes of their bodies.
import type { Limits } from "../../core/limits.ts";
import { type Refusal, refuse } from "../../core/refusals.ts";

/** Of the room for bodies. */
const ownerShare = 0.75;

export class Admission {
  readonly #limits: Limits;
  #requests = 0;
  #requestsSoFar = 0;
  #bytes = 0;
  /** Of those who have any. */
  readonly #bytesOf = new Map<string, number>();
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

  /**
   * A body that does not say its length is counted as the longest one. `owner`: whose it is; no owner's bodies, which
   * may never come, fill all the room.
   */
  enter(
    contentLength: number | undefined,
    owner: string,
  ): Refusal | { readonly kind: "admitted"; leave(): void } {
    if (this.#isDraining) return refuse("draining", { retryAfterMs: 1_000 });
    const { requestBytes, requestBytesInFlight, requestsInFlight } = this.#limits;
    if (contentLength !== undefined && contentLength > requestBytes) return refuse("request_too_large");
    const bytes = contentLength ?? requestBytes;
    const own = (this.#bytesOf.get(owner) ?? 0) + bytes;
    const ownMax = Math.max(requestBytes, requestBytesInFlight * ownerShare);
    if (
      this.#requests >= requestsInFlight ||
      this.#bytes + bytes > requestBytesInFlight ||
      (bytes > 0 && own > ownMax)
    ) {
      return refuse("overloaded", { retryAfterMs: 1_000 });
    }
    this.#requests += 1;
    this.#requestsSoFar += 1;
    this.#bytes += bytes;
    this.#count(owner, bytes);
    let hasLeft = false;
    return {
      kind: "admitted",
      leave: () => {
        if (hasLeft) return;
        hasLeft = true;
        this.#requests -= 1;
        this.#bytes -= bytes;
        this.#count(owner, -bytes);
        if (this.#requests === 0) this.#whenIdle();
      },
    };
  }

  #count(owner: string, bytes: number): void {
    const own = (this.#bytesOf.get(owner) ?? 0) + bytes;
    if (own > 0) this.#bytesOf.set(owner, own);
    else this.#bytesOf.delete(owner);
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
