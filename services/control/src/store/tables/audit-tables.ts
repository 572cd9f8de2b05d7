import type { ColumnType } from "kysely";

type Time = ColumnType<Date, Date, Date>;

export interface AuditCheckpointTable {
  readonly size: number;
  readonly at: Time;
  readonly note: string;
}

export interface AuditSubtreeTable {
  readonly from_leaf: number;
  readonly to_leaf: number;
  readonly hash: string;
}

export interface AuditSegmentTable {
  readonly to_seq: number;
  readonly from_seq: number;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly after: ColumnType<unknown, string, never>;
  readonly sealed_at: Time;
  readonly removed_at: ColumnType<Date | null, never, Date>;
}

export interface AuditSealedHashesTable {
  readonly from_leaf: number;
  readonly hashes: ColumnType<Buffer, Buffer, never>;
}
