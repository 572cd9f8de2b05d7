import { type Kysely, sql } from "kysely";

/**
 * Vacuums and analyzes what PostgreSQL's own autovacuum would, by its default thresholds, one table after the other,
 * so that requests come in between. For the embedded engine, which has no background process.
 */
export const vacuumTables = async <Schema>(kysely: Kysely<Schema>): Promise<void> => {
  const { rows } = await sql<{ name: string }>`
    select format('%I.%I', s.schemaname, s.relname) as name
    from pg_stat_all_tables s join pg_class c on c.oid = s.relid
    where c.relkind = 'r' and s.schemaname !~ '^pg_toast' and (
      s.n_dead_tup > 50 + 0.2 * greatest(c.reltuples, 0)
      or s.n_ins_since_vacuum > 1000 + 0.2 * greatest(c.reltuples, 0)
      or s.n_mod_since_analyze > 50 + 0.1 * greatest(c.reltuples, 0)
      or age(c.relfrozenxid) > 100000000
    )
  `.execute(kysely);
  for (const { name } of rows) await sql`vacuum (analyze) ${sql.raw(name)}`.execute(kysely);
};
