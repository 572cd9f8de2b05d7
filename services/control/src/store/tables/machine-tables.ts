import type { ColumnType, Generated, JSONColumnType } from "kysely";

type Time = ColumnType<Date, Date, Date>;
type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
/** bigint: the driver gives text. */
type Duration = ColumnType<string | null, number | null, number | null>;
type Facts = JSONColumnType<Record<string, unknown>, string, string> | null;

export interface JoinTokenTable {
  readonly id: string;
  readonly fleet_id: string;
  readonly hash: Buffer;
  readonly fingerprint: string;
  readonly name: string;
  readonly tags: string[];
  readonly ephemeral_after_ms: Duration;
  readonly is_approval_needed: boolean;
  readonly pins: string[];
  readonly max_uses: number;
  readonly uses: Generated<number>;
  readonly created_at: Time;
  readonly created_by: string;
  readonly expires_at: Time;
  readonly last_used_at: OptionalTime;
  readonly revoked_at: OptionalTime;
  readonly version: Generated<number>;
}

export interface MachineTable {
  readonly id: string;
  readonly fleet_id: string;
  readonly name: string;
  readonly hostname: string;
  readonly tags: string[];
  readonly facts: Facts;
  readonly created_at: Time;
  readonly joined_with: string;
  readonly ephemeral_after_ms: Duration;
  readonly disabled_at: OptionalTime;
  readonly disabled_reason: string | null;
  readonly generation: Generated<number>;
  readonly generation_mark: string | null;
  readonly rotation_wanted_at: OptionalTime;
  readonly last_contact_at: Time;
  readonly online_edge: string | null;
  readonly presence_at: OptionalTime;
  readonly offline_reason: Generated<string>;
  readonly version: Generated<number>;
}

export interface MachineKeyTable {
  readonly fingerprint: string;
  readonly machine_id: string;
  readonly fleet_id: string;
  readonly public_key: Buffer;
  readonly state: "active" | "proposed";
  readonly created_at: Time;
  readonly last_used_at: OptionalTime;
}

export interface EnrolmentTable {
  readonly id: string;
  readonly fleet_id: string;
  readonly join_token_id: string;
  readonly key_fingerprint: string;
  readonly name: string;
  readonly hostname: string;
  readonly facts: Facts;
  readonly code: string;
  readonly requested_from: string | null;
  readonly requested_at: Time;
  readonly expires_at: Time;
  readonly state: "waiting" | "approved" | "denied";
  readonly decided_at: OptionalTime;
  readonly decided_by: string | null;
}
