// What waits for one place, by who waits: everybody's first goes before anybody's second.
export class FairQueue<Item> {
  readonly #byOwner = new Map<string, Item[]>();
  readonly #ownerMax: number;
  readonly #max: number;
  #size = 0;

  /** `ownerMax`: of one owner; `max`: of all. */
  constructor(bounds: { readonly ownerMax: number; readonly max: number }) {
    this.#ownerMax = bounds.ownerMax;
    this.#max = bounds.max;
  }

  get size(): number {
    return this.#size;
  }

  /** False: a bound is reached. */
  push(owner: string, item: Item): boolean {
    const own = this.#byOwner.get(owner) ?? [];
    if (this.#size >= this.#max || own.length >= this.#ownerMax) return false;
    own.push(item);
    this.#byOwner.set(owner, own);
    this.#size += 1;
    return true;
  }

  shift(): Item | undefined {
    const [next] = this.#byOwner;
    if (!next) return undefined;
    const [owner, items] = next;
    const item = items.shift();
    this.#size -= 1;
    // Behind the others, or away.
    this.#byOwner.delete(owner);
    if (items.length > 0) this.#byOwner.set(owner, items);
    return item;
  }

  clear(): Item[] {
    const all = [...this.#byOwner.values()].flat();
    this.#byOwner.clear();
    this.#size = 0;
    return all;
  }
}
