import type { ColumnType, Generated } from "kysely";

type Time = ColumnType<Date, Date, Date>;
type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>;

export interface WebhookTable {
  readonly id: string;
  /** Null: the installation's. */
  readonly fleet_id: string | null;
  readonly name: string;
  readonly url: string;
  readonly topics: string[];
  readonly secret: string;
  readonly created_at: Time;
  readonly created_by: string;
  readonly disabled_at: OptionalTime;
  readonly disabled_reason: ColumnType<string | null, string | null | undefined, string | null>;
  readonly failing_since: OptionalTime;
  readonly dropped: Generated<number>;
  readonly audit_after: number | null;
  readonly version: Generated<number>;
}

export interface WebhookDeliveryTable {
  readonly id: string;
  readonly webhook_id: string;
  readonly fleet_id: string | null;
  readonly type: string;
  readonly body: string;
  readonly created_at: Time;
  readonly state: string;
  readonly attempts: Generated<number>;
  readonly next_at: Time;
  readonly status: ColumnType<number | null, number | null | undefined, number | null>;
  readonly error: ColumnType<string | null, string | null | undefined, string | null>;
  readonly duration_ms: ColumnType<number | null, number | null | undefined, number | null>;
  readonly finished_at: OptionalTime;
  readonly audit_through: number | null;
}
