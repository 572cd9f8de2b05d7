// The chain: hash(n) = SHA-256(hash(n-1) ‖ canonical JSON of entry n). The same hashes are the leaves of the tree.
// I1 head.seq is the number of entries, of the last entry, and the size of the tree.
// I2 what was hashed can be written down and read back without changing (canonical JSON).
import { Failure } from "@cmdop/base";
import { canonicalJson } from "./canonical-json.ts";
import { type AuditEntry, type AuditEntryDraft, assertDraft } from "./entry.ts";
import { entryBytesMax } from "./limits.ts";
import { appendLeaf, type Frontier, frontierRoot, leafHash, parseFrontier } from "./merkle-tree.ts";
import { type Hash, isHash, sha256OfHashAndText, zeroHash } from "./sha256.ts";

/**
 * Where a chain stands: all that is needed to append to it, to sign it, or to verify what follows. Plain JSON;
 * the writer keeps it in one row and locks that row while it appends.
 */
export interface AuditHead {
  /** Number of the last entry; 0 for an empty log. */
  readonly seq: number;
  /** Hash of the last entry; zeros for an empty log. */
  readonly hash: Hash;
  /** Complete subtrees of the tree of `seq` leaves, the largest first. */
  readonly frontier: readonly Hash[];
}

export const emptyHead: AuditHead = { seq: 0, hash: zeroHash, frontier: [] };

export interface AppendedEntry {
  readonly entry: AuditEntry;
  readonly hash: Hash;
  /** The text that was hashed. */
  readonly canonical: string;
  /** The head after it. */
  readonly head: AuditHead;
}

/** SHA-256(previous ‖ UTF-8 of the canonical text). */
export const hashCanonical = (previous: Hash, canonical: string): Hash =>
  sha256OfHashAndText(previous, canonical);

/** The hash of an entry that follows `previous`. */
export const hashEntry = (previous: Hash, entry: AuditEntry): Hash =>
  hashCanonical(previous, canonicalJson(entry));

export const headFrontier = (head: AuditHead): Frontier => ({ size: head.seq, hashes: head.frontier });

export const headRoot = (head: AuditHead): Hash => frontierRoot(headFrontier(head));

/**
 * The next entry and the head after it. Pure: whoever calls it holds the lock on the head. Throws
 * `Failure("invalid_argument")` for a draft that may not be written and `Failure("message_too_large")` beyond
 * `entryBytesMax`.
 */
export const appendEntry = (head: AuditHead, draft: AuditEntryDraft): AppendedEntry => {
  assertDraft(draft);
  const entry: AuditEntry = { ...draft, seq: head.seq + 1 };
  const canonical = canonicalJson(entry);
  if (Buffer.byteLength(canonical) > entryBytesMax) {
    throw new Failure("message_too_large", `An audit entry takes at most ${entryBytesMax} bytes.`);
  }
  const hash = hashCanonical(head.hash, canonical);
  const { size: seq, hashes: frontier } = appendLeaf(headFrontier(head), leafHash(hash));
  return { entry, hash, canonical, head: { seq, hash, frontier } };
};

/** A head from stored or foreign data; throws `Failure("invalid_argument")` for what cannot be one. */
export const parseHead = (value: unknown): AuditHead => {
  const { seq, hash, frontier } = (value ?? {}) as Partial<Record<keyof AuditHead, unknown>>;
  const { size, hashes } = parseFrontier(seq, frontier);
  if (!isHash(hash)) throw new Failure("invalid_argument", "The head of an audit chain has no hash.");
  if (size === 0 && hash !== zeroHash) {
    throw new Failure("invalid_argument", "An empty audit chain starts with zeros.");
  }
  return { seq: size, hash, frontier: hashes };
};
