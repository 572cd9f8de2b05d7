// The audit log's Merkle tree as the tables hold it: the entries' hashes, and the roots of complete blocks, so that a
// proof over millions of entries reads a few thousand hashes.
import { type HashSource, leafHash, leavesPerRead, nodeHash, TreeBuilder } from "@cmdop/audit";
import type { Reader } from "../schema.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

const hashBytes = 32;

export const auditHashes = (db: Reader): HashSource => ({
  readLeaves: async (from, to) => (await entryHashes(db, from, to))?.map((hash) => leafHash(hash)),
  readSubtree: (from, to) => readSubtree(db, from, to),
});

/** Of the entries `from + 1` to `to`, those of sealed files too; undefined: some are nowhere. */
export const entryHashes = async (
  db: Reader,
  from: number,
  to: number,
): Promise<readonly string[] | undefined> => {
  const rows = await db
    .selectFrom("audit_entries")
    .select("hash")
    .where("seq", ">", from)
    .where("seq", "<=", to)
    .orderBy("seq")
    .execute();
  if (rows.length === to - from) return rows.map(({ hash }) => hash);
  const block = from - (from % leavesPerRead);
  // Both are of one block: no proof asks across the boundary of one.
  if (to > block + leavesPerRead) return undefined;
  const sealed = await db
    .selectFrom("audit_sealed_hashes")
    .select("hashes")
    .where("from_leaf", "=", block)
    .executeTakeFirst();
  if (!sealed) return undefined;
  const hashes = Array.from({ length: leavesPerRead }, (_, n) =>
    sealed.hashes.toString("hex", n * hashBytes, (n + 1) * hashBytes),
  );
  return hashes.slice(from - block, to - block);
};

const readSubtree = async (db: Reader, from: number, to: number): Promise<string | undefined> => {
  // Smaller ones are never stored.
  if (to - from < leavesPerRead) return undefined;
  const row = await db
    .selectFrom("audit_subtrees")
    .select("hash")
    .where("from_leaf", "=", from)
    .where("to_leaf", "=", to)
    .executeTakeFirst();
  return row?.hash;
};

/** Stores the roots of at most so many blocks that are complete now; says whether there is more to do. */
export const storeSubtrees = async (
  tx: WriteTransaction,
  size: number,
  blocksMax: number,
): Promise<boolean> => {
  const { db } = tx;
  const newest = await db
    .selectFrom("audit_subtrees")
    .select("to_leaf")
    .orderBy("to_leaf", "desc")
    .limit(1)
    .executeTakeFirst();
  let from = newest?.to_leaf ?? 0;
  const end = Math.min(size, from + blocksMax * leavesPerRead);
  for (; from + leavesPerRead <= end; from += leavesPerRead) {
    const leaves = await auditHashes(db).readLeaves(from, from + leavesPerRead);
    if (leaves?.length !== leavesPerRead) return false;
    const builder = new TreeBuilder();
    for (const leaf of leaves) builder.append(leaf);
    let block = { from, to: from + leavesPerRead, hash: builder.root };
    for (;;) {
      await insertSubtree(tx, block);
      // A right half completes the block of twice the size.
      const length = block.to - block.from;
      if (block.from % (2 * length) === 0) break;
      const left = await readSubtree(db, block.from - length, block.from);
      if (left === undefined) break;
      block = { from: block.from - length, to: block.to, hash: nodeHash(left, block.hash) };
    }
  }
  return from + leavesPerRead <= size;
};

const insertSubtree = ({ db }: WriteTransaction, block: { from: number; to: number; hash: string }) =>
  db
    .insertInto("audit_subtrees")
    .values({ from_leaf: block.from, to_leaf: block.to, hash: block.hash })
    // Another process may have done the same.
    .onConflict((conflict) => conflict.doNothing())
    .execute();
