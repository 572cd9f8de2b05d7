-- Schedules, their runs, what each run started on which machine, and the dues that gave no run.
-- When a schedule is due is decided in core/schedules/; here is what it decides upon.

create table schedules (
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  name text not null,
  description text not null default '',
  -- As core/schedules/schedule-spec.ts has them; whether it is paused is in paused_at alone.
  spec jsonb not null,
  policies jsonb not null,
  target jsonb not null,
  command jsonb not null,
  -- Whose rights it uses: who made, changed or resumed it last. Asked for anew whenever it fires.
  run_as_kind text not null check (run_as_kind in ('account', 'service')),
  run_as_id text not null,
  paused_at timestamptz,
  paused_reason text,
  -- Why there is no next_at, when it is not paused.
  end_reason text,
  -- The last due that was settled: nothing at or before it is planned again.
  last_due timestamptz not null,
  next_at timestamptz,
  -- When to look at it again, for a due or for a run; null: not before somebody changes something.
  wake_at timestamptz,
  runs_made integer not null default 0,
  last_run_id text,
  last_run_status text,
  last_run_at timestamptz,
  -- Set: it does nothing any more, and its runs can still be read.
  deleted_at timestamptz,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null,
  version integer not null default 1
);
create unique index schedules_name on schedules (fleet_id, name) where deleted_at is null;
create index schedules_wake on schedules (wake_at) where wake_at is not null;
create index schedules_deleted on schedules (deleted_at) where deleted_at is not null;

create table schedule_runs (
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  schedule_id text not null references schedules (id) on delete cascade,
  schedule_name text not null,
  trigger text not null check (trigger in ('due', 'manual')),
  requested_by text,
  due_at timestamptz not null,
  -- It makes up for a due that was noticed late.
  is_late boolean not null default false,
  status text not null check (status in ('waiting', 'running', 'cancelling', 'succeeded', 'failed', 'timed_out',
    'offline', 'cancelled', 'refused', 'lost')),
  status_reason text,
  not_before timestamptz not null,
  -- From 1.
  attempt integer not null default 1,
  attempt_started_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  -- Which process carries it, until when, and how often that has changed: what a former holder writes is refused.
  lease_holder text,
  lease_until timestamptz,
  fence integer not null default 0,
  exit_code integer,
  signal text,
  error_code text,
  created_at timestamptz not null
);
-- Exactly one run for a due, whoever notices it.
create unique index schedule_runs_due on schedule_runs (schedule_id, due_at) where trigger = 'due';
create index schedule_runs_active on schedule_runs (schedule_id) where status in ('waiting', 'running', 'cancelling');
create index schedule_runs_lease on schedule_runs (lease_until) where status in ('running', 'cancelling');
create index schedule_runs_of_fleet on schedule_runs (fleet_id, due_at desc, id desc);
create index schedule_runs_of_schedule on schedule_runs (schedule_id, due_at desc, id desc);
create index schedule_runs_age on schedule_runs (finished_at) where finished_at is not null;

-- One attempt on one machine. Its output is where it was made: in the machine's log, under the session's id.
create table run_executions (
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  run_id text not null references schedule_runs (id) on delete cascade,
  attempt integer not null,
  machine_id text not null,
  status text not null check (status in ('starting', 'running', 'succeeded', 'failed', 'timed_out', 'offline',
    'cancelled', 'refused', 'lost')),
  session_id text,
  exit_code integer,
  signal text,
  error_code text,
  output_bytes bigint,
  started_at timestamptz,
  finished_at timestamptz,
  unique (run_id, attempt, machine_id)
);
create index run_executions_session on run_executions (session_id) where session_id is not null;

create table passed_dues (
  schedule_id text not null references schedules (id) on delete cascade,
  fleet_id text not null references fleets (id) on delete cascade,
  -- The last one, where a row stands for several.
  due_at timestamptz not null,
  first_due_at timestamptz not null,
  count integer not null,
  reason text not null check (reason in ('missed', 'overlap', 'too_many')),
  noted_at timestamptz not null,
  primary key (schedule_id, due_at)
);
create index passed_dues_age on passed_dues (noted_at);

-- The tz data that next_at was computed with.
create table scheduler_state (
  id integer primary key default 1 check (id = 1),
  tz_data text not null default ''
);
insert into scheduler_state default values;

alter table schedules enable row level security;
create policy schedules_seen on schedules using (app_sees(fleet_id));
alter table schedule_runs enable row level security;
create policy schedule_runs_seen on schedule_runs using (app_sees(fleet_id));
alter table run_executions enable row level security;
create policy run_executions_seen on run_executions using (app_sees(fleet_id));
alter table passed_dues enable row level security;
create policy passed_dues_seen on passed_dues using (app_sees(fleet_id));

grant select, insert, update, delete on schedules, schedule_runs, run_executions, passed_dues to cmdop_tenant;
grant select, update on scheduler_state to cmdop_tenant;
