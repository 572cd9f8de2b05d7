import { type BreakerPolicy, KeyRing } from "../core/key-ring.ts";
import type { Secret } from "../core/secret.ts";

/** A provider as far as its keys go. */
interface Keyed {
  readonly provider: { readonly name: string; readonly owner?: string };
  readonly baseUrl: string;
  readonly keys: readonly Secret[];
}

type Rings = Map<string, { readonly target: Keyed; readonly ring: KeyRing }>;

/** Of providers that callers brought. Over it the oldest is forgotten: its keys are asked again, parked or not. */
const ownRingsMax = 4_096;

/** The key rings by provider. They outlive a reload of the route table as long as the provider's keys do. */
export class RingShelf {
  readonly #breaker: BreakerPolicy;
  readonly #operators: Rings = new Map();
  readonly #callers: Rings = new Map();

  constructor(breaker: BreakerPolicy) {
    this.#breaker = breaker;
  }

  of(target: Keyed): KeyRing {
    const { name, owner } = target.provider;
    // Two callers may call their providers the same; no name has a slash.
    const place = owner === undefined ? name : `${name}/${owner}`;
    const rings = owner === undefined ? this.#operators : this.#callers;
    const known = rings.get(place);
    if (known && hasSameKeys(known.target, target)) return known.ring;
    const ring = new KeyRing(target.keys.length, this.#breaker);
    rings.delete(place);
    rings.set(place, { target, ring });
    const [oldest] = rings.keys();
    if (rings === this.#callers && rings.size > ownRingsMax && oldest !== undefined) rings.delete(oldest);
    return ring;
  }
}

const hasSameKeys = (one: Keyed, other: Keyed): boolean =>
  one === other ||
  (one.baseUrl === other.baseUrl &&
    one.keys.length === other.keys.length &&
    one.keys.every((key, index) => key.reveal() === other.keys[index]?.reveal()));
