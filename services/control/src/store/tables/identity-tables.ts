import type { ColumnType, Generated, JSONColumnType } from "kysely";

type Time = ColumnType<Date, Date, Date>;
type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
type Count = ColumnType<string, number, number>;
type Client = JSONColumnType<Record<string, string>, string, string>;

export interface OneTimeCodeTable {
  readonly id: string;
  readonly purpose: "setup" | "sign_in" | "password_reset";
  readonly hash: Buffer;
  readonly account_id: string | null;
  readonly created_at: Time;
  readonly created_by: string;
  readonly expires_at: Time;
  readonly used_at: OptionalTime;
}

export interface SignInThrottleTable {
  readonly key: string;
  readonly failures: number;
  readonly last_at: Time;
  readonly blocked_until: OptionalTime;
}

export interface SpentChallengeTable {
  readonly id: string;
  readonly expires_at: Time;
}

export interface TotpFactorTable {
  readonly account_id: string;
  readonly secret_sealed: string;
  readonly last_step: Count;
  readonly created_at: Time;
}

export interface BackupCodeTable {
  readonly account_id: string;
  readonly hash: Buffer;
  readonly created_at: Time;
  readonly used_at: OptionalTime;
}

export interface FormerPasswordTable {
  readonly account_id: string;
  readonly hash: string;
  readonly replaced_at: Time;
}

export interface PasskeyTable {
  readonly id: string;
  readonly account_id: string;
  readonly credential_id: string;
  readonly public_key: Buffer;
  readonly sign_count: Count;
  readonly transports: string[];
  readonly is_backed_up: boolean;
  readonly name: string;
  readonly created_at: Time;
  readonly last_used_at: OptionalTime;
}

export interface IdentityProviderTable {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly issuer: string;
  readonly client_id: string;
  readonly client_secret_sealed: string | null;
  readonly scopes: string[];
  readonly groups_claim: string;
  readonly is_sign_up_allowed: boolean;
  readonly is_mfa_trusted: boolean;
  readonly disabled_at: OptionalTime;
  readonly created_at: Time;
  readonly version: Generated<number>;
}

export interface IdentityGroupRoleTable {
  readonly provider_id: string;
  readonly group_name: string;
  readonly fleet_id: string;
  readonly role: string;
}

export interface OutsideIdentityTable {
  readonly provider_id: string;
  readonly subject: string;
  readonly account_id: string;
  readonly created_at: Time;
  readonly last_sign_in_at: Time;
}

export interface DeviceGrantTable {
  readonly id: string;
  readonly device_hash: Buffer;
  readonly user_code_hash: Buffer;
  readonly client: Client;
  readonly requested_from: string | null;
  readonly state: "waiting" | "claimed" | "approved" | "denied" | "redeemed";
  readonly account_id: string | null;
  readonly proofs: Generated<string[]>;
  readonly signed_in_at: OptionalTime;
  readonly poll_interval_s: number;
  readonly polled_at: OptionalTime;
  readonly created_at: Time;
  readonly expires_at: Time;
}

export interface AuthorizationCodeTable {
  readonly hash: Buffer;
  readonly account_id: string;
  readonly redirect_uri: string;
  readonly code_challenge: string;
  readonly client: Client;
  readonly proofs: string[];
  readonly signed_in_at: OptionalTime;
  readonly created_at: Time;
  readonly expires_at: Time;
  readonly used_at: OptionalTime;
  readonly credential_id: string | null;
}
