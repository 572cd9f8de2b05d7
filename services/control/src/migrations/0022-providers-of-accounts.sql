-- Providers that somebody brings for themselves: account_id is set, fleet_id is not. They are seen, and changed, by the
-- transactions of that account alone (app.account).

alter table providers
  add column account_id text references accounts (id) on delete cascade,
  add constraint providers_one_owner check (fleet_id is null or account_id is null);
drop index providers_name;
create unique index providers_name on providers (coalesce(account_id, fleet_id, ''), name);

create function app_account() returns text language sql stable as $$
  select coalesce(current_setting('app.account', true), '')
$$;

drop policy providers_seen on providers;
drop policy providers_added on providers;
drop policy providers_changed on providers;
drop policy providers_removed on providers;
create policy providers_seen on providers for select using (
  (select app_sees_all())
  or account_id = (select app_account())
  or (account_id is null and (fleet_id is null or fleet_id = any ((select app_fleets())::text[])))
);
create policy providers_added on providers for insert with check (
  (select app_sees_all())
  or account_id = (select app_account())
  or fleet_id = any ((select app_fleets())::text[])
);
create policy providers_changed on providers for update using (
  (select app_sees_all())
  or account_id = (select app_account())
  or fleet_id = any ((select app_fleets())::text[])
) with check (
  (select app_sees_all())
  or account_id = (select app_account())
  or fleet_id = any ((select app_fleets())::text[])
);
create policy providers_removed on providers for delete using (
  (select app_sees_all())
  or account_id = (select app_account())
  or fleet_id = any ((select app_fleets())::text[])
);
