import type { ColumnType, Generated } from "kysely";

type Time = ColumnType<Date, Date, Date>;
type OptionalTime = ColumnType<Date | null, Date | null, Date | null>;

export interface SessionTable {
  readonly id: string;
  readonly fleet_id: string;
  readonly machine_id: string;
  readonly version: number;
  readonly kind: string;
  readonly name: string;
  readonly program: string;
  readonly state: string;
  readonly opened_by: string;
  readonly opened_by_account: string | null;
  readonly opened_by_token: string | null;
  readonly actor: string | null;
  readonly created_at: Time;
  readonly ended_at: OptionalTime;
  readonly exit_code: number | null;
  readonly exit_signal: string | null;
  readonly exit_reason: string | null;
  readonly output_bytes: number;
  readonly input_bytes: number;
  readonly attachments: number;
  readonly updated_at: Time;
  readonly recording_from: number | null;
  readonly recording_to: number | null;
  readonly recording_until: OptionalTime;
  readonly recording_gone_at: OptionalTime;
  readonly words: Generated<string>;
}

export interface SessionAttachmentTable {
  readonly id: string;
  readonly session_id: string;
  readonly fleet_id: string;
  readonly name: string;
  readonly actor: string | null;
  readonly account_id: string | null;
  readonly token_id: string | null;
  readonly role: string;
  readonly attached_at: Time;
  readonly detached_at: OptionalTime;
  readonly reason: string;
  readonly output_bytes: number;
}

export interface EdgeStartTable {
  readonly edge: string;
  readonly started_at: Time;
  readonly seen_at: Time;
}

export interface EdgeStreamTable {
  readonly edge: string;
  readonly stream: string;
  readonly acked: number;
  readonly missed: Generated<number>;
  readonly updated_at: Time;
}
