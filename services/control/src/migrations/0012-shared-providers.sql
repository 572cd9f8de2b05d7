-- Every fleet sees the installation's providers; the installation alone changes them.
drop policy providers_seen on providers;
create policy providers_seen on providers for select using (fleet_id is null or app_sees(fleet_id));
create policy providers_added on providers for insert
  with check (app_sees(coalesce(fleet_id, '')));
create policy providers_changed on providers for update
  using (app_sees(coalesce(fleet_id, ''))) with check (app_sees(coalesce(fleet_id, '')));
create policy providers_removed on providers for delete using (app_sees(coalesce(fleet_id, '')));
