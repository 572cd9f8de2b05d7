import type { Authority } from "@cmdop/authority";
import type { Clock, Failure, Random } from "@cmdop/base";
import type { RelayCore } from "./core/relay-core.ts";
import type { Counters } from "./counters.ts";

/** What every adapter that serves agents or operators works with. */
export interface RelayContext {
  readonly relayId: string;
  readonly core: RelayCore;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly log: RefusalLog;
}

export interface RefusalLog {
  /** A party was refused, or its stream ended by a fault. `peer` is "address:port". */
  refused(what: string, peer: string, failure: Failure): void;
}

/** Of "address:port". */
export const addressOf = (peer: string): string => peer.slice(0, Math.max(0, peer.lastIndexOf(":")));

/** How long a peer may take over its first message. */
export const firstMessageMs = 10_000;
