-- How people sign in: one-time codes, second factors, passkeys, outside identity providers, device logins.

-- How whoever holds this credential proved who they are: 'password', 'totp', 'backup_code', 'passkey', 'oidc',
-- 'oidc_mfa', 'code' (a one-time code), 'local' (the control plane's directory).
alter table credentials add column proofs text[] not null default '{}';

-- Codes that stand for a proof once. Kept as their SHA-256: they are random.
create table one_time_codes (
  id text primary key,
  purpose text not null check (purpose in ('setup', 'sign_in', 'password_reset')),
  hash bytea not null unique,
  -- Null for 'setup': there is nobody yet.
  account_id text references accounts (id) on delete cascade,
  created_at timestamptz not null,
  created_by text not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index one_time_codes_account on one_time_codes (account_id);

-- Failed proofs, counted before they are checked: so many guesses at once are not more guesses.
create table sign_in_throttles (
  key text primary key,
  failures integer not null,
  last_at timestamptz not null,
  blocked_until timestamptz
);
create index sign_in_throttles_age on sign_in_throttles (last_at);

-- Sealed challenges (core/identity/challenge.ts) that were redeemed: each is good once.
create table spent_challenges (
  id text primary key,
  expires_at timestamptz not null
);

create table totp_factors (
  account_id text primary key references accounts (id) on delete cascade,
  secret_sealed text not null,
  -- The newest time step that was accepted: no code is good twice (RFC 6238 5.2).
  last_step bigint not null,
  created_at timestamptz not null
);

create table backup_codes (
  account_id text not null references accounts (id) on delete cascade,
  hash bytea not null,
  created_at timestamptz not null,
  used_at timestamptz,
  primary key (account_id, hash)
);

create table passkeys (
  id text primary key,
  account_id text not null references accounts (id) on delete cascade,
  credential_id text not null unique,
  public_key bytea not null,
  sign_count bigint not null,
  transports text[] not null default '{}',
  is_backed_up boolean not null,
  name text not null,
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index passkeys_account on passkeys (account_id);

create table identity_providers (
  id text primary key,
  slug text not null unique,
  name text not null,
  issuer text not null unique,
  client_id text not null,
  client_secret_sealed text,
  scopes text[] not null,
  groups_claim text not null,
  -- Whether somebody who is not known yet gets an account.
  is_sign_up_allowed boolean not null,
  -- Whether a sign-in there counts as one with a second factor, whatever its amr says.
  is_mfa_trusted boolean not null,
  disabled_at timestamptz,
  created_at timestamptz not null,
  version integer not null default 1
);

-- Which group there gives which role in which fleet here.
create table identity_group_roles (
  provider_id text not null references identity_providers (id) on delete cascade,
  group_name text not null,
  fleet_id text not null references fleets (id) on delete cascade,
  role text not null,
  primary key (provider_id, group_name, fleet_id)
);

create table outside_identities (
  provider_id text not null references identity_providers (id) on delete cascade,
  subject text not null,
  account_id text not null references accounts (id) on delete cascade,
  created_at timestamptz not null,
  last_sign_in_at timestamptz not null,
  primary key (provider_id, subject)
);
create index outside_identities_account on outside_identities (account_id);

-- Logins of terminals that have no browser (RFC 8628).
create table device_grants (
  id text primary key,
  device_hash bytea not null unique,
  user_code_hash bytea not null unique,
  client jsonb not null,
  requested_from text,
  state text not null check (state in ('waiting', 'claimed', 'approved', 'denied', 'redeemed')),
  -- Who typed the user code first: nobody else sees or approves it.
  account_id text references accounts (id) on delete cascade,
  -- The proofs of the session that approved it, for the credential.
  proofs text[] not null default '{}',
  signed_in_at timestamptz,
  poll_interval_s integer not null,
  polled_at timestamptz,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index device_grants_expiry on device_grants (expires_at);

-- Authorization codes of terminals that have a browser beside them (RFC 7636, RFC 8252).
create table authorization_codes (
  hash bytea primary key,
  account_id text not null references accounts (id) on delete cascade,
  redirect_uri text not null,
  code_challenge text not null,
  client jsonb not null,
  proofs text[] not null,
  signed_in_at timestamptz,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  -- What it was redeemed for: a second redemption revokes it (RFC 6749 4.1.2).
  credential_id text
);
create index authorization_codes_expiry on authorization_codes (expires_at);

alter table installation add column is_device_login_allowed boolean not null default true;

alter table identity_group_roles enable row level security;
create policy identity_group_roles_seen on identity_group_roles using (app_sees(fleet_id));

grant select, insert, update, delete on
  one_time_codes, sign_in_throttles, spent_challenges, totp_factors, backup_codes, passkeys, identity_providers,
  identity_group_roles, outside_identities, device_grants, authorization_codes to cmdop_tenant;
