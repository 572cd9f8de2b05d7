-- Who there is, what they may, what they hold, and the record of it all.
--
-- Every time is UTC. Ids are text with a prefix of three letters. Rows that belong to a fleet are behind row-level
-- security: a transaction names the fleets that it may see in app.fleets ('*': all), and runs as cmdop_tenant. It is
-- the second fence; the first is the decision in core/access/can.ts.

do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'cmdop_tenant') then
    create role cmdop_tenant nologin;
  end if;
exception when duplicate_object or unique_violation then null;
end $$;
grant cmdop_tenant to current_user;

create function app_sees(fleet text) returns boolean language sql stable as $$
  select current_setting('app.fleets', true) = '*'
      or fleet = any (string_to_array(coalesce(current_setting('app.fleets', true), ''), ','))
$$;

create table installation (
  id integer primary key default 1 check (id = 1),
  name text not null default 'cmdop',
  created_at timestamptz not null default now(),
  -- When the first owner was made; until then only the one-time code signs in.
  claimed_at timestamptz
);
insert into installation default values;

create table accounts (
  id text primary key,
  email text not null check (email = lower(email)),
  name text not null,
  installation_role text not null default 'member' check (installation_role in ('owner', 'member', 'auditor')),
  password_hash text,
  password_changed_at timestamptz,
  last_sign_in_at timestamptz,
  disabled_at timestamptz,
  created_at timestamptz not null,
  version integer not null default 1
);
create unique index accounts_email on accounts (email);

create table fleets (
  id text primary key,
  slug text not null unique,
  name text not null,
  description text not null default '',
  mfa_required boolean not null default false,
  -- What edges do while they hear nothing of revocations.
  outage_policy text not null default 'best_effort' check (outage_policy in ('best_effort', 'strict')),
  is_approval_needed boolean not null default false,
  created_at timestamptz not null,
  -- Set: nobody works in it, and it is purged after delete_after.
  disabled_at timestamptz,
  delete_after timestamptz,
  version integer not null default 1
);

create table roles (
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  name text not null,
  description text not null default '',
  rights text[] not null,
  created_at timestamptz not null,
  version integer not null default 1,
  unique (fleet_id, name)
);

create table memberships (
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  account_id text not null references accounts (id) on delete cascade,
  -- A built-in role's name or a role's id.
  role text not null,
  -- 'oidc': given by a group at sign-in, and taken away with it.
  source text not null default 'manual' check (source in ('manual', 'oidc')),
  invited_by text,
  expires_at timestamptz,
  created_at timestamptz not null,
  version integer not null default 1,
  unique (fleet_id, account_id)
);
create index memberships_account on memberships (account_id);

create table service_accounts (
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  name text not null,
  role text not null,
  disabled_at timestamptz,
  created_at timestamptz not null,
  version integer not null default 1,
  unique (fleet_id, name)
);

-- Opaque secrets that stand for somebody. The id is in the secret and public; the secret is kept as its SHA-256.
create table credentials (
  id text primary key,
  kind text not null check (kind in ('ses', 'cli', 'api', 'svc', 'edg')),
  hash bytea not null unique,
  fingerprint text not null,
  account_id text references accounts (id) on delete cascade,
  service_account_id text references service_accounts (id) on delete cascade,
  -- For an API key: the fleet that it was made in.
  fleet_id text references fleets (id) on delete cascade,
  name text not null,
  -- Null: all that the bearer may.
  scopes text[],
  fleets text[],
  -- Of an API key at the router: models, rates; see core/keys.
  limits jsonb,
  client jsonb not null default '{}',
  created_at timestamptz not null,
  created_by text,
  signed_in_at timestamptz,
  expires_at timestamptz,
  idle_ms bigint,
  last_used_at timestamptz,
  last_used_from text,
  revoked_at timestamptz,
  revoked_reason text,
  -- The credential that took its place by rotation.
  replaced_by text,
  version integer not null default 1,
  check (kind = 'edg' or (account_id is null) <> (service_account_id is null))
);
create index credentials_account on credentials (account_id, kind, created_at);
create index credentials_fleet on credentials (fleet_id, created_at);
create index credentials_fingerprint on credentials (fingerprint);

-- The newest number and hash of the audit chain. Locked last in each transaction: it puts all changes in one order.
create table audit_head (
  id integer primary key default 1 check (id = 1),
  seq bigint not null default 0,
  hash text not null default repeat('0', 64),
  -- The Merkle tree's right edge (packages/audit).
  frontier jsonb not null default '[]',
  revocation_seq bigint not null default 0
);
insert into audit_head default values;

create table audit_entries (
  seq bigint primary key,
  at timestamptz not null,
  fleet_id text,
  actor_kind text not null,
  actor_id text not null,
  action text not null,
  target_kind text,
  target_id text,
  outcome text not null,
  request_id text not null,
  -- The entry as it was hashed (RFC 8785 JSON).
  entry text not null,
  hash text not null
);
create index audit_entries_fleet on audit_entries (fleet_id, seq);
create index audit_entries_actor on audit_entries (actor_id, seq);
create index audit_entries_target on audit_entries (target_id, seq);
create index audit_entries_request on audit_entries (request_id);
create index audit_entries_action on audit_entries (action, seq);

create function audit_is_append_only() returns trigger language plpgsql as $$
begin
  if current_setting('app.audit_retention', true) = 'on' and tg_op = 'DELETE' then
    return old;
  end if;
  raise exception 'audit entries are never changed';
end $$;
create trigger audit_append_only before update or delete on audit_entries
  for each row execute function audit_is_append_only();
create trigger audit_no_truncate before truncate on audit_entries
  for each statement execute function audit_is_append_only();

-- What no longer holds, in the order in which edges apply it. Numbered under the lock of audit_head: a number that is
-- seen means that all smaller ones are committed.
create table revocations (
  seq bigint primary key,
  at timestamptz not null,
  -- What edges compare with: credential, account, membership, fleet, machine, session ids.
  subjects text[] not null,
  reason text not null
);

-- The answer to a request that may come again. Written in the request's transaction, before anything else.
create table idempotency_keys (
  principal_id text not null,
  key text not null,
  request_hash bytea not null,
  status integer,
  -- Without what was shown once only.
  body jsonb,
  has_secret boolean not null default false,
  created_at timestamptz not null,
  primary key (principal_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

alter table fleets enable row level security;
create policy fleets_seen on fleets using (app_sees(id));
alter table roles enable row level security;
create policy roles_seen on roles using (app_sees(fleet_id));
alter table memberships enable row level security;
create policy memberships_seen on memberships using (app_sees(fleet_id));
alter table service_accounts enable row level security;
create policy service_accounts_seen on service_accounts using (app_sees(fleet_id));
alter table credentials enable row level security;
create policy credentials_seen on credentials using (fleet_id is null or app_sees(fleet_id));
alter table audit_entries enable row level security;
create policy audit_entries_seen on audit_entries for select using (fleet_id is null or app_sees(fleet_id));
create policy audit_entries_added on audit_entries for insert with check (true);

grant usage on schema public to cmdop_tenant;
grant select, insert, update, delete on
  accounts, fleets, roles, memberships, service_accounts, credentials, idempotency_keys to cmdop_tenant;
grant select, update on installation, audit_head to cmdop_tenant;
grant select, insert on audit_entries, revocations to cmdop_tenant;
