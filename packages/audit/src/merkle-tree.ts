// The Merkle tree of RFC 9162 2.1 (the same as RFC 6962's) in its compact form: of a tree of any size only the
// hashes of its complete subtrees from left to right are kept, one for each set bit of the size.
// I1 frontier.hashes[i] is the root of a complete subtree; sizes fall from left to right.
// I2 frontier.hashes.length is the number of set bits in frontier.size.
import { Failure } from "@cmdop/base";
import { type Hash, isHash, sha256, sha256OfLeaf, sha256OfNode } from "./sha256.ts";

/** Enough of a tree to append to it and to know its root; at most 53 hashes. */
export interface Frontier {
  /** Leaves in the tree. */
  readonly size: number;
  /** Roots of its complete subtrees, the largest first. */
  readonly hashes: readonly Hash[];
}

export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/** The root of a tree without leaves: SHA-256 of nothing. */
export const emptyRoot: Hash = sha256(new Uint8Array());

/** RFC 9162 2.1.1: the hash of a leaf, here over the 32 bytes of an entry's hash. */
export const leafHash = (entryHash: Hash): Hash => sha256OfLeaf(entryHash);

/** RFC 9162 2.1.1: the hash of an inner node. */
export const nodeHash = (left: Hash, right: Hash): Hash => sha256OfNode(left, right);

/** Set bits of a size. Bit operators would cut it to 32 bits. */
export const countSubtrees = (size: number): number => {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
};

/** Grows a tree in place; for many leaves in a row. */
export class TreeBuilder {
  #size: number;
  readonly #hashes: Hash[];

  constructor(from: Frontier = emptyFrontier) {
    this.#size = from.size;
    this.#hashes = [...from.hashes];
  }

  get size(): number {
    return this.#size;
  }

  append(leaf: Hash): void {
    let hash = leaf;
    // Each trailing set bit of the old size is a subtree that this leaf completes.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = sha256OfNode(this.#hashes.pop() as Hash, hash);
    }
    this.#hashes.push(hash);
    this.#size += 1;
  }

  get frontier(): Frontier {
    return { size: this.#size, hashes: [...this.#hashes] };
  }

  get root(): Hash {
    return foldRoot(this.#hashes);
  }
}

const foldRoot = (hashes: readonly Hash[]): Hash =>
  hashes.length === 0 ? emptyRoot : hashes.reduceRight((right, left) => sha256OfNode(left, right));

export const frontierRoot = (frontier: Frontier): Hash => foldRoot(frontier.hashes);

/** The tree with one more leaf. The argument stays as it was. */
export const appendLeaf = (frontier: Frontier, leaf: Hash): Frontier => {
  const builder = new TreeBuilder(frontier);
  builder.append(leaf);
  return builder.frontier;
};

/** A frontier from stored or foreign data; throws `Failure("invalid_argument")` for what cannot be one (I2). */
export const parseFrontier = (size: unknown, hashes: unknown): Frontier => {
  if (
    !Number.isSafeInteger(size) ||
    (size as number) < 0 ||
    !Array.isArray(hashes) ||
    hashes.length !== countSubtrees(size as number) ||
    !hashes.every(isHash)
  ) {
    throw new Failure("invalid_argument", "These are not the hashes of a tree of that size.");
  }
  return { size: size as number, hashes };
};
