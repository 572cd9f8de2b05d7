// What every session gets from the core that holds it.
import type { Catalogue, FrameCodec, Journal } from "../ports.ts";
import type { DeliveryCounters } from "./delivery.ts";
import type { Limits } from "./limits.ts";

export interface SessionContext {
  readonly relayId: string;
  readonly codec: FrameCodec;
  readonly limits: Limits;
  readonly journal: Journal;
  /** Undefined: there is no control plane. */
  readonly catalogue: Catalogue | undefined;
  readonly counters: DeliveryCounters;
  /** As of the last tick: monotonic, and wall clock. */
  readonly now: () => number;
  readonly wall: () => number;
}

/** What a session tells the core that holds it. */
export interface SessionHooks {
  /** Something is to be told with the next tick. */
  touched(): void;
  /** It may need a home now. */
  homeWanted(): void;
}
