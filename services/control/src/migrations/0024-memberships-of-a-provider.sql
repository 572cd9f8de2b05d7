-- Which provider's groups gave a membership: the groups of another one are no word on it. Null: given by hand, or by a
-- provider that is gone.
alter table memberships add column provider_id text references identity_providers (id) on delete set null;

-- Of what stands: the account's provider that maps a group to the fleet, else the one where it signed in last.
update memberships set provider_id = (
  select identities.provider_id from outside_identities identities
  where identities.account_id = memberships.account_id
  order by exists (
    select from identity_group_roles roles
    where roles.provider_id = identities.provider_id and roles.fleet_id = memberships.fleet_id
  ) desc, identities.last_sign_in_at desc, identities.provider_id
  limit 1
) where source = 'oidc';
