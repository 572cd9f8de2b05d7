-- Search in the catalogue, and pages of one opener.

-- Where the opener has opened little, without reading what everybody else opened.
create index sessions_opener on sessions (fleet_id, opened_by_account, created_at desc, id desc)
  where opened_by_account is not null;

-- Entries go into the index at once: a list of what waits for it would be read by each search, and the embedded engine
-- has nobody who empties it.
alter index sessions_words set (fastupdate = off);
select gin_clean_pending_list('sessions_words');

-- Row-level security lets no index on words be used: the operator could tell of rows that are not seen. This looks
-- into one fleet that the transaction sees, as the tables' owner. At most so many ids, in no order.
create function session_ids_found(fleet text, query tsquery, at_most integer) returns setof text
language sql stable security definer
set search_path = public, pg_temp
set enable_seqscan = off
set enable_indexscan = off
as $$
  select id from sessions where app_sees(fleet) and fleet_id = fleet and words @@ query limit at_most
$$;
revoke all on function session_ids_found(text, tsquery, integer) from public;
grant execute on function session_ids_found(text, tsquery, integer) to cmdop_tenant;
