// The sealed files of the audit log as the tables know them.
import { type AuditHead, parseHead } from "@cmdop/audit";
import type { Reader } from "../schema.ts";

export interface AuditSegment {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly file: string;
  readonly sha256: string;
  /** The log's head after its last entry. */
  readonly after: AuditHead;
}

const columns = ["from_seq", "to_seq", "file", "sha256", "after"] as const;

const toSegment = (row: {
  readonly from_seq: number;
  readonly to_seq: number;
  readonly file: string;
  readonly sha256: string;
  readonly after: unknown;
}): AuditSegment => ({
  fromSeq: row.from_seq,
  toSeq: row.to_seq,
  file: row.file,
  sha256: row.sha256,
  after: parseHead(row.after),
});

export const newestSegment = async (db: Reader): Promise<AuditSegment | undefined> => {
  const row = await db
    .selectFrom("audit_segments")
    .select(columns)
    .orderBy("to_seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && toSegment(row);
};

/** The sealed file that holds this entry. */
export const segmentOf = async (db: Reader, seq: number): Promise<AuditSegment | undefined> => {
  const row = await db
    .selectFrom("audit_segments")
    .select(columns)
    .where("to_seq", ">=", seq)
    .where("from_seq", "<=", seq)
    .executeTakeFirst();
  return row && toSegment(row);
};

/** The oldest one whose rows are still in the table. */
export const oldestKeptSegment = async (db: Reader): Promise<AuditSegment | undefined> => {
  const row = await db
    .selectFrom("audit_segments")
    .select(columns)
    .where("removed_at", "is", null)
    .orderBy("to_seq")
    .limit(1)
    .executeTakeFirst();
  return row && toSegment(row);
};

/** Where what is in the table begins; undefined: with the first entry. */
export const removedHead = async (db: Reader): Promise<AuditHead | undefined> => {
  const row = await db
    .selectFrom("audit_segments")
    .select("after")
    .where("removed_at", "is not", null)
    .orderBy("to_seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && parseHead(row.after);
};
