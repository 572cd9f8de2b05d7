-- The keys that sign tickets and machines' tokens, so that any number of processes sign with the same one at the same
-- time. A row is never changed: what a key does follows from when it, and the one after it, begin to sign.
create table signing_keys (
  -- From 1. Two processes that make the next key at once make the same number: one wins.
  number int primary key,
  -- The key's fingerprint: `kid` in what it signs.
  id text not null unique,
  -- Raw Ed25519, base64url.
  public_key text not null,
  -- PKCS8, sealed with the key file sealing.key.
  sealed_private_key text not null,
  created_at timestamptz not null,
  signs_from timestamptz not null
);
grant select, insert, delete on signing_keys to cmdop_tenant;
