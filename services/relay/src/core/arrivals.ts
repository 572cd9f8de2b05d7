// Attaches to sessions that this relay does not know yet: after a restart or a change of relays an operator may come
// before the agent. They wait, bounded in number and time, without an answer.
//
// I1 Each ends in one of: attached, refused, closed by its peer.
import { Failure } from "@cmdop/base";
import type { AttachmentSink } from "../ports.ts";
import type { AttachRequest } from "./requests.ts";

export interface Arrival {
  readonly request: AttachRequest;
  readonly sink: AttachmentSink;
  readonly deadlineMs: number;
  readonly attach: () => Failure | undefined;
}

export class Arrivals {
  readonly #max: number;
  readonly #waiting = new Set<Arrival>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(arrival: Arrival): Failure | undefined {
    if (this.#waiting.size >= this.#max) return new Failure("too_many_connections");
    this.#waiting.add(arrival);
    return undefined;
  }

  remove(arrival: Arrival): void {
    this.#waiting.delete(arrival);
  }

  appeared(fleet: string, sessionId: string): void {
    for (const arrival of this.#waiting) {
      const { principal, sessionId: wanted } = arrival.request;
      if (wanted !== sessionId || principal.fleet !== fleet) continue;
      this.#waiting.delete(arrival);
      const failure = arrival.attach();
      if (failure) arrival.sink.end(failure);
    }
  }

  /** Ends those that `choose` gives a failure; returns how many. */
  end(choose: (arrival: Arrival) => Failure | undefined): number {
    let ended = 0;
    for (const arrival of this.#waiting) {
      const failure = choose(arrival);
      if (!failure) continue;
      this.#waiting.delete(arrival);
      arrival.sink.end(failure);
      ended += 1;
    }
    return ended;
  }
}
