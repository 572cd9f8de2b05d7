-- When each relay last started: its machines that do not come back are offline, though the relay itself is heard of.
create table edge_starts (
  -- The credential's id, as in machines.online_edge.
  edge text primary key,
  -- By the relay's clock, as machines.presence_at is; and by ours.
  started_at timestamptz not null,
  seen_at timestamptz not null
);
grant select, insert, update, delete on edge_starts to cmdop_tenant;
create index machines_by_online_edge on machines (online_edge) where online_edge is not null;
