// Inclusion and consistency proofs of RFC 9162 2.1.3 and 2.1.4. Verifying is pure; generating reads hashes from a
// source that may know whole subtrees, so that a proof over a log of millions reads few of them.
import { Failure } from "@cmdop/base";
import { emptyRoot, type Frontier, TreeBuilder } from "./merkle-tree.ts";
import { type Hash, isHash, sha256OfNode } from "./sha256.ts";

/** Where the hashes of a tree come from. All ranges are [from, to) in leaves, counted from 0. */
export interface HashSource {
  /**
   * Hashes of leaves (`leafHash` of the entries' hashes) in order; at most `leavesPerRead` are asked for at once.
   * Undefined when a part of the range is no longer there: then its subtrees are asked for.
   */
  readLeaves(from: number, to: number): Promise<readonly Hash[] | undefined>;
  /** The root of a complete subtree (`to - from` is a power of two and divides `from`), when it is stored. */
  readSubtree?(from: number, to: number): Promise<Hash | undefined>;
}

/** The root of a complete subtree over the leaves [from, to). */
export interface Subtree {
  readonly from: number;
  readonly to: number;
  readonly hash: Hash;
}

/** Leaves that are asked for in one read. */
export const leavesPerRead = 1024;

/** Hashes in a proof: no tree of 2^53 leaves needs more, so no verifier takes more. */
export const proofHashesMax = 64;

/** The largest power of two smaller than n. */
const splitOf = (n: number): number => {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
};

const isPowerOfTwo = (n: number): boolean => n === 1 || splitOf(n) * 2 === n;

const rootOf = async (source: HashSource, from: number, to: number): Promise<Hash> => {
  const size = to - from;
  const stored = isPowerOfTwo(size) ? await source.readSubtree?.(from, to) : undefined;
  if (stored !== undefined) return stored;
  if (size <= leavesPerRead) {
    const leaves = await source.readLeaves(from, to);
    if (leaves?.length === size) {
      const builder = new TreeBuilder();
      for (const leaf of leaves) builder.append(leaf);
      return builder.root;
    }
    if (size === 1) throw new Failure("audit_archived", `Entry ${to} of the audit log is not here any more.`);
  }
  const middle = from + splitOf(size);
  const left = await rootOf(source, from, middle);
  return sha256OfNode(left, await rootOf(source, middle, to));
};

const assertSizes = (isRight: boolean): void => {
  if (!isRight) throw new Failure("invalid_argument", "There is no such proof in a log of that size.");
};

/** The subtrees that a frontier consists of. */
export const frontierSubtrees = (frontier: Frontier): readonly Subtree[] => {
  let from = 0;
  return frontier.hashes.map((hash) => {
    const rest = frontier.size - from;
    const size = isPowerOfTwo(rest) ? rest : splitOf(rest);
    const subtree = { from, to: from + size, hash };
    from += size;
    return subtree;
  });
};

/** The frontier of the tree that the first `size` leaves make. Throws as `proveInclusion` does. */
export const readFrontier = async (source: HashSource, size: number): Promise<Frontier> => {
  const hashes: Hash[] = [];
  for (let from = 0; from < size; ) {
    const rest = size - from;
    const length = isPowerOfTwo(rest) ? rest : splitOf(rest);
    hashes.push(await rootOf(source, from, from + length));
    from += length;
  }
  return { size, hashes };
};

/**
 * A source that also knows these subtrees. With the frontier of the older size, a consistency proof reads only
 * what was appended since.
 */
export const withSubtrees = (source: HashSource, subtrees: readonly Subtree[]): HashSource => {
  const known = new Map(subtrees.map(({ from, to, hash }) => [`${from}-${to}`, hash]));
  return {
    readLeaves: (from, to) => source.readLeaves(from, to),
    readSubtree: async (from, to) => known.get(`${from}-${to}`) ?? (await source.readSubtree?.(from, to)),
  };
};

/**
 * The hashes that prove leaf `index` to be in the tree of `size` leaves (RFC 9162 2.1.3.1). Throws
 * `Failure("audit_archived")` when the source has neither the leaves nor their subtree.
 */
export const proveInclusion = async (
  source: HashSource,
  index: number,
  size: number,
): Promise<readonly Hash[]> => {
  assertSizes(Number.isSafeInteger(size) && Number.isSafeInteger(index) && index >= 0 && index < size);
  const proof: Hash[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    const isLeft = index < middle;
    proof.unshift(isLeft ? await rootOf(source, middle, to) : await rootOf(source, from, middle));
    if (isLeft) to = middle;
    else from = middle;
  }
  return proof;
};

/**
 * The hashes that prove the tree of `oldSize` leaves to be the beginning of the tree of `newSize` leaves
 * (RFC 9162 2.1.4.1). Empty when the older one is empty or the same. Throws as `proveInclusion` does.
 */
export const proveConsistency = async (
  source: HashSource,
  oldSize: number,
  newSize: number,
): Promise<readonly Hash[]> => {
  assertSizes(
    Number.isSafeInteger(newSize) && Number.isSafeInteger(oldSize) && oldSize >= 0 && oldSize <= newSize,
  );
  if (oldSize === 0 || oldSize === newSize) return [];
  const proof: Hash[] = [];
  let [from, to] = [0, newSize];
  while (to !== oldSize) {
    const middle = from + splitOf(to - from);
    const isLeft = oldSize <= middle;
    proof.unshift(isLeft ? await rootOf(source, middle, to) : await rootOf(source, from, middle));
    if (isLeft) to = middle;
    else from = middle;
  }
  // When the old tree is a whole left subtree of the new one, the verifier has its root already.
  if (from !== 0) proof.unshift(await rootOf(source, from, to));
  return proof;
};

export interface InclusionClaim {
  /** Number of the leaf from 0: an entry's `seq - 1`. */
  readonly index: number;
  readonly size: number;
  readonly leaf: Hash;
  readonly root: Hash;
  readonly proof: readonly Hash[];
}

const isProof = (proof: readonly Hash[]): boolean => proof.length <= proofHashesMax && proof.every(isHash);

const half = (n: number): number => Math.floor(n / 2);

/** RFC 9162 2.1.3.2. */
export const verifyInclusion = ({ index, size, leaf, root, proof }: InclusionClaim): boolean => {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  if (!isProof(proof) || !isHash(leaf)) return false;
  let [node, last] = [index, size - 1];
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = sha256OfNode(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = sha256OfNode(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && hash === root;
};

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Hash;
  readonly newSize: number;
  readonly newRoot: Hash;
  readonly proof: readonly Hash[];
}

/** RFC 9162 2.1.4.2. Of an empty tree every tree is a continuation. */
export const verifyConsistency = (claim: ConsistencyClaim): boolean => {
  const { oldSize, oldRoot, newSize, newRoot } = claim;
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(newSize)) return false;
  if (oldSize < 0 || oldSize > newSize || !isProof(claim.proof) || !isHash(oldRoot)) return false;
  if (oldSize === newSize) return claim.proof.length === 0 && oldRoot === newRoot;
  if (oldSize === 0) return claim.proof.length === 0 && oldRoot === emptyRoot;

  const [first, ...rest] = isPowerOfTwo(oldSize) ? [oldRoot, ...claim.proof] : claim.proof;
  if (first === undefined) return false;
  let [node, last] = [oldSize - 1, newSize - 1];
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  let [oldHash, newHash] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldHash = sha256OfNode(sibling, oldHash);
      newHash = sha256OfNode(sibling, newHash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      newHash = sha256OfNode(newHash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && oldHash === oldRoot && newHash === newRoot;
};
