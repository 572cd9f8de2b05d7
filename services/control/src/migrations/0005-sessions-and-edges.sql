-- The catalogue of sessions, and what relays and routers report. Metadata alone: never a byte of a session.

create table sessions (
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  machine_id text not null,
  -- Of the newest event that was taken.
  version bigint not null,
  kind text not null,
  name text not null,
  program text not null,
  state text not null,
  opened_by text not null,
  opened_by_account text,
  opened_by_token text,
  actor text,
  created_at timestamptz not null,
  ended_at timestamptz,
  exit_code integer,
  exit_signal text,
  exit_reason text,
  output_bytes bigint not null,
  input_bytes bigint not null,
  attachments integer not null,
  updated_at timestamptz not null,
  words tsvector generated always as (
    to_tsvector('simple', name || ' ' || program || ' ' || opened_by || ' ' || id)
  ) stored
);
create index sessions_page on sessions (fleet_id, created_at desc, id desc);
create index sessions_machine on sessions (machine_id, created_at desc);
create index sessions_state on sessions (fleet_id, state, created_at desc);
create index sessions_words on sessions using gin (words);

create table session_attachments (
  id text primary key,
  session_id text not null,
  fleet_id text not null references fleets (id) on delete cascade,
  name text not null,
  actor text,
  account_id text,
  token_id text,
  role text not null,
  attached_at timestamptz not null,
  detached_at timestamptz,
  reason text not null,
  output_bytes bigint not null
);
create index session_attachments_session on session_attachments (session_id, attached_at);

-- How far each outbox of each edge has been taken.
create table edge_streams (
  edge text not null,
  stream text not null,
  acked bigint not null,
  -- Events that were never sent or could not be read.
  missed bigint not null default 0,
  updated_at timestamptz not null,
  primary key (edge, stream)
);

alter table sessions enable row level security;
create policy sessions_seen on sessions using (app_sees(fleet_id));
alter table session_attachments enable row level security;
create policy session_attachments_seen on session_attachments using (app_sees(fleet_id));
grant select, insert, update, delete on sessions, session_attachments, edge_streams to cmdop_tenant;
