-- An account has one identity at a provider, so that one set of groups there decides.
create unique index outside_identities_one_each on outside_identities (account_id, provider_id);
drop index outside_identities_account;

-- Passwords that were replaced: they are not chosen again soon. The newest few of each account alone are kept.
create table former_passwords (
  account_id text not null references accounts (id) on delete cascade,
  hash text not null,
  replaced_at timestamptz not null,
  primary key (account_id, hash)
);

grant select, insert, update, delete on former_passwords to cmdop_tenant;
