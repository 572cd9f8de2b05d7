import type { ColumnType, Generated, JSONColumnType } from "kysely";

/** As the driver gives it and takes it. */
type Time = ColumnType<Date, Date, Date>;
type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
type Version = Generated<number>;

export interface InstallationTable {
  readonly id: Generated<number>;
  readonly name: Generated<string>;
  readonly created_at: Generated<Date>;
  readonly claimed_at: OptionalTime;
  readonly is_device_login_allowed: Generated<boolean>;
}

export interface AccountTable {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly installation_role: Generated<string>;
  readonly password_hash: string | null;
  readonly password_changed_at: OptionalTime;
  readonly last_sign_in_at: OptionalTime;
  readonly disabled_at: OptionalTime;
  readonly created_at: Time;
  readonly version: Version;
}

export interface FleetTable {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly description: Generated<string>;
  readonly mfa_required: Generated<boolean>;
  readonly outage_policy: Generated<string>;
  readonly is_approval_needed: Generated<boolean>;
  readonly created_at: Time;
  readonly disabled_at: OptionalTime;
  readonly delete_after: OptionalTime;
  readonly version: Version;
}

export interface RoleTable {
  readonly id: string;
  readonly fleet_id: string;
  readonly name: string;
  readonly description: Generated<string>;
  readonly rights: string[];
  readonly created_at: Time;
  readonly version: Version;
}

export interface MembershipTable {
  readonly id: string;
  readonly fleet_id: string;
  readonly account_id: string;
  readonly role: string;
  readonly source: Generated<string>;
  /** Whose groups gave it. */
  readonly provider_id: ColumnType<string | null, string | null | undefined, string | null>;
  readonly invited_by: string | null;
  readonly expires_at: OptionalTime;
  readonly created_at: Time;
  readonly version: Version;
}

export interface ServiceAccountTable {
  readonly id: string;
  readonly fleet_id: string;
  readonly name: string;
  readonly description: Generated<string>;
  readonly role: string;
  readonly created_by: string | null;
  readonly disabled_at: OptionalTime;
  readonly created_at: Time;
  readonly version: Version;
}

export interface CredentialTable {
  readonly id: string;
  readonly kind: string;
  readonly hash: Buffer;
  readonly fingerprint: string;
  readonly account_id: string | null;
  readonly service_account_id: string | null;
  readonly fleet_id: string | null;
  readonly name: string;
  readonly scopes: string[] | null;
  readonly fleets: string[] | null;
  readonly limits: JSONColumnType<Readonly<Record<string, number | readonly string[]>>> | null;
  readonly client: JSONColumnType<Record<string, string>, string | undefined, string>;
  readonly created_at: Time;
  readonly created_by: string | null;
  readonly signed_in_at: OptionalTime;
  readonly proofs: Generated<string[]>;
  readonly expires_at: OptionalTime;
  /** Milliseconds without a use after which it has run out. */
  readonly idle_ms: ColumnType<number | null, number | null | undefined, number | null>;
  readonly last_used_at: OptionalTime;
  readonly last_used_from: string | null;
  readonly revoked_at: OptionalTime;
  readonly revoked_reason: string | null;
  readonly replaced_by: string | null;
  readonly version: Version;
}

export interface AuditHeadTable {
  readonly id: Generated<number>;
  readonly seq: number;
  readonly hash: string;
  readonly frontier: JSONColumnType<string[], string, string>;
  readonly revocation_seq: number;
}

export interface AuditEntryTable {
  readonly seq: number;
  readonly at: Time;
  readonly fleet_id: string | null;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly action: string;
  readonly target_kind: string | null;
  readonly target_id: string | null;
  readonly outcome: string;
  readonly request_id: string;
  /** Of the credential that was used. */
  readonly fingerprint: string | null;
  readonly entry: string;
  readonly hash: string;
}

export interface RevocationTable {
  readonly seq: number;
  readonly at: Time;
  readonly subjects: string[];
  readonly reason: string;
}

export interface IdempotencyKeyTable {
  readonly principal_id: string;
  readonly key: string;
  readonly request_hash: Buffer;
  readonly status: number | null;
  readonly body: ColumnType<unknown, string | null | undefined, string | null>;
  readonly has_secret: Generated<boolean>;
  readonly created_at: Time;
}

export interface SigningKeyTable {
  readonly number: number;
  readonly id: string;
  readonly public_key: string;
  readonly sealed_private_key: string;
  readonly created_at: Time;
  readonly signs_from: Time;
}

export interface WithdrawnSigningKeyTable {
  readonly id: string;
  readonly withdrawn_at: Time;
}
