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
