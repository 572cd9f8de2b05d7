-- What a transaction may see is asked once a statement, not once a row: a subquery without a row of its own is
-- evaluated when the first row needs it and kept. Asking a row at a time was half of what it cost to look at one.
--
-- A new policy is written as these are: app_sees(), which is asked for each row, is for one fleet that is given.

create function app_sees_all() returns boolean language sql stable as $$
  select coalesce(current_setting('app.fleets', true) = '*', false)
$$;

create function app_fleets() returns text[] language sql stable as $$
  select string_to_array(coalesce(current_setting('app.fleets', true), ''), ',')
$$;

do $$
declare
  policy record;
begin
  for policy in
    select tablename, policyname, qual from pg_policies
    where schemaname = current_schema() and qual ~ 'app_sees\(\w+\)'
  loop
    execute format(
      'alter policy %I on %I using (%s)',
      policy.policyname,
      policy.tablename,
      regexp_replace(
        policy.qual,
        'app_sees\((\w+)\)',
        '((select app_sees_all()) or \1 = any ((select app_fleets())::text[]))',
        'g'
      )
    );
  end loop;
end $$;
