-- Where a session's output can be read: its machine keeps it for a time. All null: no relay has said anything yet.
alter table sessions
  -- Offsets of the output that is kept: [from, to).
  add column recording_from bigint,
  add column recording_to bigint,
  -- When the machine lets it go at the latest.
  add column recording_until timestamptz,
  add column recording_gone_at timestamptz;

-- What a machine that links again may have let go: little of all that ever ran there.
create index sessions_recorded on sessions (machine_id, created_at) where recording_gone_at is null;
