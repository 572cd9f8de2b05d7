-- Webhooks that are told of the audit log, entry by entry. Those of no fleet are the installation's: of the whole log.
alter table webhooks
  alter column fleet_id drop not null,
  drop constraint webhooks_fleet_id_name_key,
  add constraint webhooks_name unique nulls not distinct (fleet_id, name),
  -- The last entry that was taken; null: it wants none.
  add column audit_after bigint;
alter table webhook_deliveries
  alter column fleet_id drop not null,
  -- Of a delivery of entries: the last of them.
  add column audit_through bigint;
