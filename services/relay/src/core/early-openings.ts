// Openings that wait for their machine: just after the relay's start the operator may be faster than the agent.
//
// I1 They are bounded in number and in time; what is over either is answered at once.
// I2 Nothing is opened for who has left, or whose credential was revoked meanwhile.
import { Failure } from "@cmdop/base";
import type { Principal } from "./parties.ts";
import type { OpenRequest, SessionResult } from "./requests.ts";
import type { SessionContext } from "./session-context.ts";

interface EarlyOpening {
  readonly principal: Principal;
  readonly request: OpenRequest;
  readonly done: SessionResult;
}

export class EarlyOpenings {
  readonly #context: SessionContext;
  readonly #untilMs: number;
  #waiting: readonly EarlyOpening[] = [];

  constructor(context: SessionContext, startedMs: number) {
    this.#context = context;
    this.#untilMs = startedMs + context.limits.arrivalMs;
  }

  /** False: it is not early any more, or too many wait. */
  add(opening: EarlyOpening): boolean {
    const { limits } = this.#context;
    if (this.#isLate || this.#waiting.length >= limits.earlyOpeningsMax) return false;
    this.#waiting = [...this.#waiting, opening];
    return true;
  }

  /** Some wait, and machines had their time. */
  get isOver(): boolean {
    return this.#isLate && this.#waiting.length > 0;
  }

  /** Those whose operator is still there; none waits any more. */
  take(): readonly EarlyOpening[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting.filter(({ request, done }) => {
      if (!request.isGone?.()) return true;
      done(new Failure("cancelled"));
      return false;
    });
  }

  /** Ends those whose credential is revoked; returns how many. */
  revoke(isRevoked: (ids: readonly string[]) => boolean, failure: Failure): number {
    const revoked = this.#waiting.filter(({ principal }) => isRevoked(principal.credential.ids));
    this.#waiting = this.#waiting.filter((each) => !revoked.includes(each));
    for (const { done } of revoked) done(failure);
    return revoked.length;
  }

  get #isLate(): boolean {
    return this.#context.now() >= this.#untilMs;
  }
}
