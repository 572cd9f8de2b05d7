// Sealing: the oldest entries leave the database as a file, and what the tree needs of them stays behind.
import { Failure } from "@cmdop/base";
import { type AuditHead, emptyHead, hashEntry, headFrontier } from "./chain.ts";
import type { HashedEntry } from "./export-lines.ts";
import type { Subtree } from "./merkle-proofs.ts";
import { type Frontier, leafHash, TreeBuilder } from "./merkle-tree.ts";
import { type Hash, sha256OfNode } from "./sha256.ts";

/** What stays of a segment whose entries were archived. Plain JSON. */
export interface SealedSegment {
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Hash of entry `fromSeq - 1`. */
  readonly prevHash: Hash;
  /** Hash of entry `toSeq`. */
  readonly lastHash: Hash;
  /** Where verification of the segment itself starts: the head before `fromSeq`. */
  readonly before: AuditHead;
  /** Where verification of what follows starts: the head at `toSeq`. */
  readonly after: AuditHead;
  /** Roots of the complete subtrees that cover the segment, for `withSubtrees`. */
  readonly subtrees: readonly Subtree[];
}

/** Merges neighbours into complete subtrees as leaves come in from any place of the tree. */
class SubtreeBuilder {
  readonly #subtrees: Subtree[] = [];

  append(index: number, leaf: Hash): void {
    this.#subtrees.push({ from: index, to: index + 1, hash: leaf });
    for (;;) {
      const right = this.#subtrees.at(-1);
      const left = this.#subtrees.at(-2);
      if (left === undefined || right === undefined) return;
      const size = right.to - right.from;
      if (left.to - left.from !== size || left.from % (size * 2) !== 0) return;
      this.#subtrees.splice(-2, 2, {
        from: left.from,
        to: right.to,
        hash: sha256OfNode(left.hash, right.hash),
      });
    }
  }

  get subtrees(): readonly Subtree[] {
    return [...this.#subtrees];
  }
}

/**
 * Seals the entries that follow `before`. Each is checked against its hash first: what is broken is never sealed.
 * Throws `Failure("log_corrupt")` then, and `Failure("invalid_argument")` when there is nothing to seal.
 */
export const sealSegment = async (
  entries: AsyncIterable<HashedEntry> | Iterable<HashedEntry>,
  before: AuditHead = emptyHead,
): Promise<SealedSegment> => {
  const tree = new TreeBuilder(headFrontier(before));
  const subtrees = new SubtreeBuilder();
  let { seq, hash } = before;
  for await (const hashed of entries) {
    if (hashed.entry.seq !== seq + 1 || hashEntry(hash, hashed.entry) !== hashed.hash) {
      throw new Failure(
        "log_corrupt",
        `Entry ${seq + 1} of the audit log does not verify; nothing was sealed.`,
      );
    }
    ({ hash } = hashed);
    const leaf = leafHash(hash);
    tree.append(leaf);
    subtrees.append(seq, leaf);
    seq += 1;
  }
  if (seq === before.seq) throw new Failure("invalid_argument", "A segment has at least one entry.");
  const frontier: Frontier = tree.frontier;
  return {
    fromSeq: before.seq + 1,
    toSeq: seq,
    prevHash: before.hash,
    lastHash: hash,
    before,
    after: { seq, hash, frontier: frontier.hashes },
    subtrees: subtrees.subtrees,
  };
};
