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
