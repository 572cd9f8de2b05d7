-- Providers of models that fleets bring, what was used, and budgets.

create table providers (
  id text primary key,
  -- Null: of the installation, for every fleet.
  fleet_id text references fleets (id) on delete cascade,
  name text not null,
  kind text not null check (kind in ('openai', 'openrouter')),
  base_url text,
  -- Sealed (AES-256-GCM) with the key in the control plane's directory.
  sealed_keys text[] not null,
  sealed_headers text,
  created_at timestamptz not null,
  created_by text not null,
  version integer not null default 1
);
create unique index providers_name on providers (coalesce(fleet_id, ''), name);

-- One row a request to the router, settled once.
create table usage_events (
  request_id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  at timestamptz not null,
  token_id text not null,
  account_id text,
  machine_id text,
  endpoint text not null,
  model text,
  provider text,
  input_tokens bigint not null,
  output_tokens bigint not null,
  searches integer not null,
  -- Millionths of a US dollar; null: the price is not known.
  cost_micros bigint,
  is_estimated boolean not null,
  outcome text not null
);
create index usage_events_age on usage_events (at);

-- The same by day, which questions and budgets are answered from.
create table usage_days (
  fleet_id text not null references fleets (id) on delete cascade,
  day date not null,
  token_id text not null,
  account_id text not null,
  machine_id text not null,
  model text not null,
  requests bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  searches bigint not null,
  cost_micros bigint not null,
  -- Requests whose price is not known: they are not in cost_micros.
  unpriced bigint not null,
  primary key (fleet_id, day, token_id, account_id, machine_id, model)
);

create table budgets (
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  subject_kind text not null check (subject_kind in ('key', 'member', 'machine', 'fleet')),
  -- Empty: the fleet itself.
  subject_id text not null,
  limit_micros bigint not null check (limit_micros >= 0),
  period text not null check (period in ('day', 'month', 'total')),
  is_hard boolean not null,
  -- The highest of 80, 95 and 100 that was told in the period that began on alerted_from.
  alerted_percent integer not null default 0,
  alerted_from date,
  created_at timestamptz not null,
  version integer not null default 1,
  unique (fleet_id, subject_kind, subject_id, period)
);

alter table providers enable row level security;
create policy providers_seen on providers using (fleet_id is null or app_sees(fleet_id));
alter table usage_events enable row level security;
create policy usage_events_seen on usage_events using (app_sees(fleet_id));
alter table usage_days enable row level security;
create policy usage_days_seen on usage_days using (app_sees(fleet_id));
alter table budgets enable row level security;
create policy budgets_seen on budgets using (app_sees(fleet_id));
grant select, insert, update, delete on providers, usage_events, usage_days, budgets to cmdop_tenant;
