-- Checkpoints and proofs of the audit log; webhooks.

alter table audit_entries add column fingerprint text;
create index audit_entries_fingerprint on audit_entries (fingerprint, seq) where fingerprint is not null;
create index audit_entries_at on audit_entries (at, seq);

-- What the audit key signed.
create table audit_checkpoints (
  -- Entries that it covers.
  size bigint primary key,
  at timestamptz not null,
  -- C2SP signed note.
  note text not null
);
create trigger audit_checkpoints_append_only before update or delete on audit_checkpoints
  for each row execute function audit_is_append_only();
create trigger audit_checkpoints_no_truncate before truncate on audit_checkpoints
  for each statement execute function audit_is_append_only();

-- Roots of complete subtrees over the leaves [from_leaf, to_leaf): a proof reads these instead of their entries, and
-- they stay when the entries are archived. Derived: a wrong one only spoils proofs.
create table audit_subtrees (
  from_leaf bigint not null,
  to_leaf bigint not null,
  hash text not null,
  primary key (from_leaf, to_leaf)
);
grant select, insert on audit_checkpoints, audit_subtrees to cmdop_tenant;

create table webhooks (
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  name text not null,
  url text not null,
  -- Event types, or their beginnings with a star: session.*
  topics text[] not null,
  -- Sealed.
  secret text not null,
  created_at timestamptz not null,
  created_by text not null,
  disabled_at timestamptz,
  disabled_reason text,
  -- Since when nothing was delivered; null: the last try went well.
  failing_since timestamptz,
  -- Events that found too many waiting.
  dropped bigint not null default 0,
  version integer not null default 1,
  unique (fleet_id, name)
);

create table webhook_deliveries (
  id text primary key,
  webhook_id text not null references webhooks (id) on delete cascade,
  fleet_id text not null references fleets (id) on delete cascade,
  type text not null,
  -- The very text that is signed and sent.
  body text not null,
  created_at timestamptz not null,
  state text not null check (state in ('waiting', 'delivered', 'failed')),
  attempts integer not null default 0,
  -- While it waits; a process that has taken it puts this off.
  next_at timestamptz not null,
  -- Of the last try.
  status integer,
  error text,
  duration_ms integer,
  finished_at timestamptz
);
create index webhook_deliveries_due on webhook_deliveries (next_at) where state = 'waiting';
create index webhook_deliveries_page on webhook_deliveries (webhook_id, created_at desc, id desc);
create index webhook_deliveries_waiting on webhook_deliveries (webhook_id) where state = 'waiting';
create index webhook_deliveries_age on webhook_deliveries (finished_at);

alter table webhooks enable row level security;
create policy webhooks_seen on webhooks using (app_sees(fleet_id));
alter table webhook_deliveries enable row level security;
create policy webhook_deliveries_seen on webhook_deliveries using (app_sees(fleet_id));
grant select, insert, update, delete on webhooks, webhook_deliveries to cmdop_tenant;
