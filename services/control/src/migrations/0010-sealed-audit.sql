-- The oldest entries of the audit log leave as sealed files; what proofs need of them stays.

create table audit_segments (
  to_seq bigint primary key,
  from_seq bigint not null unique,
  -- In the archive's directory.
  file text not null,
  bytes bigint not null,
  sha256 text not null,
  -- Where what follows begins (packages/audit, AuditHead).
  after jsonb not null,
  sealed_at timestamptz not null,
  -- Since when its rows are gone.
  removed_at timestamptz
);

-- The hashes of 1,024 sealed entries, 32 bytes each: a proof from any size is as it was.
create table audit_sealed_hashes (
  from_leaf bigint primary key,
  hashes bytea not null
);
create trigger audit_sealed_hashes_append_only before update or delete on audit_sealed_hashes
  for each row execute function audit_is_append_only();
create trigger audit_sealed_hashes_no_truncate before truncate on audit_sealed_hashes
  for each statement execute function audit_is_append_only();
grant select, insert on audit_segments, audit_sealed_hashes to cmdop_tenant;
grant update (removed_at) on audit_segments to cmdop_tenant;

-- A row goes only when it is in a sealed file.
create function audit_entry_stays() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('app.audit_retention', true) = 'on'
    and exists (select from audit_segments where from_seq <= old.seq and to_seq >= old.seq) then
    return old;
  end if;
  raise exception 'audit entries are never changed';
end $$;
drop trigger audit_append_only on audit_entries;
create trigger audit_append_only before update or delete on audit_entries
  for each row execute function audit_entry_stays();
