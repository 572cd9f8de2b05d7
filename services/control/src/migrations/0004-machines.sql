-- Machines, the keys that they are known by, and how new ones come in.

-- Join tokens. Short-lived on purpose: afterwards a machine's own key is its identity.
create table join_tokens (
  -- The token's public part.
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  hash bytea not null unique,
  fingerprint text not null,
  name text not null,
  tags text[] not null,
  -- Machines that come with it are removed this long after their last contact; null: they stay.
  ephemeral_after_ms bigint check (ephemeral_after_ms > 0),
  is_approval_needed boolean not null,
  -- The pins that its join string carries.
  pins text[] not null,
  max_uses integer not null check (max_uses > 0),
  uses integer not null default 0 check (uses <= max_uses),
  created_at timestamptz not null,
  created_by text not null,
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz,
  version integer not null default 1
);
create index join_tokens_page on join_tokens (fleet_id, created_at desc, id desc);

create table machines (
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  name text not null,
  hostname text not null,
  tags text[] not null,
  -- As the machine tells of itself.
  facts jsonb,
  created_at timestamptz not null,
  -- The join token's id.
  joined_with text not null,
  ephemeral_after_ms bigint check (ephemeral_after_ms > 0),
  disabled_at timestamptz,
  disabled_reason text,
  -- Grows with every token; the mark is what the next request must name (core/machines/generation.ts). Null: the next
  -- request may name any.
  generation integer not null default 1,
  generation_mark text,
  rotation_wanted_at timestamptz,
  last_contact_at timestamptz not null,
  -- The relay that has its link; null: none.
  online_edge text,
  presence_at timestamptz,
  offline_reason text not null default '',
  version integer not null default 1
);
create unique index machines_name on machines (fleet_id, lower(name));
create index machines_hostname on machines (fleet_id, lower(hostname));
create index machines_tags on machines using gin (tags);
create index machines_ephemeral on machines (last_contact_at) where ephemeral_after_ms is not null;
create index machines_disabled on machines (fleet_id) where disabled_at is not null;

-- An active key, and beside it one that was proposed: it becomes the active one when it is first used.
create table machine_keys (
  fingerprint text primary key,
  machine_id text not null references machines (id) on delete cascade,
  fleet_id text not null references fleets (id) on delete cascade,
  public_key bytea not null,
  state text not null check (state in ('active', 'proposed')),
  created_at timestamptz not null,
  last_used_at timestamptz,
  unique (machine_id, state)
);

-- Machines that wait for somebody to let them in. Their use of the join token is counted already.
create table enrolments (
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  join_token_id text not null references join_tokens (id) on delete cascade,
  key_fingerprint text not null,
  name text not null,
  hostname text not null,
  facts jsonb,
  -- Shown on the machine and to whoever approves.
  code text not null,
  requested_from text,
  requested_at timestamptz not null,
  expires_at timestamptz not null,
  state text not null check (state in ('waiting', 'approved', 'denied')),
  decided_at timestamptz,
  decided_by text,
  unique (fleet_id, key_fingerprint)
);
create index enrolments_expiry on enrolments (expires_at);

alter table join_tokens enable row level security;
create policy join_tokens_seen on join_tokens using (app_sees(fleet_id));
alter table machines enable row level security;
create policy machines_seen on machines using (app_sees(fleet_id));
alter table machine_keys enable row level security;
create policy machine_keys_seen on machine_keys using (app_sees(fleet_id));
alter table enrolments enable row level security;
create policy enrolments_seen on enrolments using (app_sees(fleet_id));
grant select, insert, update, delete on join_tokens, machines, machine_keys, enrolments to cmdop_tenant;
