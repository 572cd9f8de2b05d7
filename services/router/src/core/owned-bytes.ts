// Room for bytes that all share, of which no owner's fill all.

const ownerShare = 0.75;

export class OwnedBytes {
  readonly #bytesMax: number;
  readonly #ownMax: number;
  #bytes = 0;
  /** Of those who have any. */
  readonly #bytesOf = new Map<string, number>();

  /** `oneMax`: of one thing that is kept here; an owner may have as much in any case. */
  constructor({ bytesMax, oneMax }: { readonly bytesMax: number; readonly oneMax: number }) {
    this.#bytesMax = bytesMax;
    this.#ownMax = Math.max(oneMax, bytesMax * ownerShare);
  }

  /** False: there is no room for so many more. */
  take(owner: string, bytes: number): boolean {
    if (bytes === 0) return true;
    const own = (this.#bytesOf.get(owner) ?? 0) + bytes;
    if (own > this.#ownMax || this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    this.#bytesOf.set(owner, own);
    return true;
  }

  give(owner: string, bytes: number): void {
    const own = (this.#bytesOf.get(owner) ?? 0) - bytes;
    this.#bytes -= bytes;
    if (own > 0) this.#bytesOf.set(owner, own);
    else this.#bytesOf.delete(owner);
  }
}
