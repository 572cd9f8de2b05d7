import { networkOf } from "@cmdop/authority";
import type { Clock } from "@cmdop/base";
import { LRUCache } from "lru-cache";
import { edgeLimits } from "./limits.ts";

// How many tokens that nobody knows one address may have the control plane asked about.
//
// U1 A question takes one; it is given back when the token proves to be known. Whoever brings good tokens is never
//    limited by them, however many.
// U2 An address is an IPv4 address, or the /64 of an IPv6 one.
// U3 Addresses are bounded; the one that asked longest ago leaves.

export type UnknownTokenTurn =
  | { readonly kind: "taken"; giveBack(): void }
  | { readonly kind: "refused"; readonly retryAfterMs: number };

interface Bucket {
  tokens: number;
  atMs: number;
}

export class UnknownTokens {
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #buckets: LRUCache<string, Bucket>;

  constructor(clock: Pick<Clock, "nowMs">, addressesMax: number = edgeLimits.unknownTokenAddressesMax) {
    this.#clock = clock;
    this.#buckets = new LRUCache({ max: addressesMax });
  }

  get addresses(): number {
    return this.#buckets.size;
  }

  take(peer: string): UnknownTokenTurn {
    const bucket = this.#bucketOf(networkOf(peer));
    if (bucket.tokens < 1) {
      const missing = 1 - bucket.tokens;
      return {
        kind: "refused",
        retryAfterMs: Math.ceil((missing / edgeLimits.unknownTokensPerS) * 1_000),
      };
    }
    bucket.tokens -= 1;
    return {
      kind: "taken",
      giveBack: () => {
        bucket.tokens = Math.min(edgeLimits.unknownTokensBurst, bucket.tokens + 1);
      },
    };
  }

  #bucketOf(network: string): Bucket {
    const nowMs = this.#clock.nowMs();
    const bucket = this.#buckets.get(network) ?? { tokens: edgeLimits.unknownTokensBurst, atMs: nowMs };
    const gained = ((nowMs - bucket.atMs) / 1_000) * edgeLimits.unknownTokensPerS;
    bucket.tokens = Math.min(edgeLimits.unknownTokensBurst, bucket.tokens + gained);
    bucket.atMs = nowMs;
    this.#buckets.set(network, bucket);
    return bucket;
  }
}
