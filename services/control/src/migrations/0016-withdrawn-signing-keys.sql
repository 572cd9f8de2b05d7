-- Signing keys that somebody else may have. Kept for good: an edge never takes one again, however long it was away.
create table withdrawn_signing_keys (
  id text primary key,
  withdrawn_at timestamptz not null
);
grant select, insert on withdrawn_signing_keys to cmdop_tenant;
