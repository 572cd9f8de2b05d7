// What the audit key has signed, and the proofs that go with it.
import { type AuditHead, parseHead, proveConsistency } from "@cmdop/audit";
import type { Reader } from "../schema.ts";

export interface StoredCheckpoint {
  readonly size: number;
  readonly at: Date;
  readonly note: string;
}

export const readAuditHead = async (db: Reader): Promise<AuditHead> => {
  const row = await db.selectFrom("audit_head").selectAll().executeTakeFirstOrThrow();
  return parseHead({ seq: row.seq, hash: row.hash, frontier: row.frontier });
};

export const latestCheckpoint = async (db: Reader): Promise<StoredCheckpoint | undefined> => {
  const row = await db
    .selectFrom("audit_checkpoints")
    .selectAll()
    .orderBy("size", "desc")
    .limit(1)
    .executeTakeFirst();
  return row;
};

export interface CheckpointWithProof {
  readonly checkpoint: StoredCheckpoint;
  /** RFC 9162 2.1.4, in hexadecimal. */
  readonly proof: readonly string[];
}

/**
 * The newest checkpoint with the proof that a witness of the first `from` entries needs. A witness that remembers more
 * than there is gets what can be proved: nothing, unless the entries are here and only the checkpoint is older.
 */
export const checkpointWithProof = async (
  db: Reader,
  hashes: Parameters<typeof proveConsistency>[0],
  from: number,
): Promise<CheckpointWithProof | undefined> => {
  const checkpoint = await latestCheckpoint(db);
  if (!checkpoint) return undefined;
  const [older, newer] = [Math.min(from, checkpoint.size), Math.max(from, checkpoint.size)];
  const head = await readAuditHead(db);
  if (newer > head.seq) return { checkpoint, proof: [] };
  return { checkpoint, proof: await proveConsistency(hashes, older, newer) };
};
