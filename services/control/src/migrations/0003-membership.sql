-- Invitations, what members may do with single machines, and what lists of keys need.

-- The code is shown once, to whoever invites, and kept as its SHA-256: it is random.
create table invitations (
  id text primary key,
  fleet_id text not null references fleets (id) on delete cascade,
  -- For whom. Nothing is sent there; a code that is meant for somebody serves nobody else.
  email text not null check (email = lower(email)),
  -- A built-in role's name or a role's id.
  role text not null,
  hash bytea not null unique,
  -- When the membership that comes of it ends.
  membership_expires_at timestamptz,
  created_at timestamptz not null,
  created_by text not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by text,
  cancelled_at timestamptz
);
create index invitations_page on invitations (fleet_id, created_at desc, id desc);
create index invitations_email on invitations (email);

-- What a member or a service account may do with one machine, below its role. No row: everything.
create table machine_access (
  fleet_id text not null references fleets (id) on delete cascade,
  machine_id text not null,
  membership_id text references memberships (id) on delete cascade,
  service_account_id text references service_accounts (id) on delete cascade,
  level text not null check (level in ('execute', 'view', 'none')),
  set_at timestamptz not null,
  set_by text not null,
  check ((membership_id is null) <> (service_account_id is null)),
  unique (membership_id, machine_id),
  unique (service_account_id, machine_id)
);
create index machine_access_machine on machine_access (machine_id);

alter table service_accounts add column description text not null default '';
alter table service_accounts add column created_by text;

create index credentials_service_account on credentials (service_account_id);
create index memberships_expiry on memberships (expires_at) where expires_at is not null;
create index fleets_deletion on fleets (delete_after) where delete_after is not null;

alter table invitations enable row level security;
create policy invitations_seen on invitations using (app_sees(fleet_id));
alter table machine_access enable row level security;
create policy machine_access_seen on machine_access using (app_sees(fleet_id));
grant select, insert, update, delete on invitations, machine_access to cmdop_tenant;
