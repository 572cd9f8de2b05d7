// Asks the host for the size that a session's attachments agree on. It does not know how a size is applied: the host
// answers with a Resize in the stream of output.
//
// I1 The size of whoever types is asked for before the input goes out (urgent); other changes wait their interval.
// I2 A size is asked for once.

import type { Geometry, ResizePolicy } from "./parties.ts";
import { chooseSize, type SizeParty } from "./size-policy.ts";

export interface SizeOptions {
  readonly intervalMs: number;
  readonly parties: () => Iterable<SizeParty>;
  /** Sends a size to the home; false when there is none. */
  readonly ask: (size: Geometry) => boolean;
}

export class SessionSize {
  readonly #options: SizeOptions;
  #asked: Geometry | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #isPending = false;

  constructor(options: SizeOptions) {
    this.#options = options;
  }

  /** What the host says it is. */
  known(size: Geometry): void {
    this.#asked = size;
  }

  /** True when something is left for a later call. */
  apply(policy: ResizePolicy, nowMs: number, isUrgent: boolean): boolean {
    this.#isPending = false;
    const size = chooseSize(policy, this.#options.parties());
    if (!size || (this.#asked?.cols === size.cols && this.#asked.rows === size.rows)) return false;
    if (!isUrgent && nowMs - this.#askedAtMs < this.#options.intervalMs) {
      this.#isPending = true;
      return true;
    }
    if (!this.#options.ask(size)) return false;
    this.#asked = size;
    this.#askedAtMs = nowMs;
    return false;
  }

  get isPending(): boolean {
    return this.#isPending;
  }
}
