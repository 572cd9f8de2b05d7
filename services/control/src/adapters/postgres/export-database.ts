import { sql, type Transaction } from "kysely";
import type { Database } from "../../store/database.ts";
import { readApplied } from "./migrations.ts";
import {
  type TransferLine,
  type TransferManifest,
  type TransferSequence,
  TransferSum,
  type TransferTable,
  transferFormat,
} from "./transfer-format.ts";

/** Rows read at once; at 1 KiB a row half a megabyte. */
const pageRows = 500;

interface KeyColumn {
  readonly name: string;
  /** Its order depends on the database's collation. */
  readonly isText: boolean;
}

interface ExportedTable extends TransferTable {
  /** Of the primary key; null: it has none. */
  readonly key: readonly KeyColumn[] | null;
}

const readTables = async (transaction: Transaction<unknown>): Promise<readonly ExportedTable[]> => {
  const { rows } = await sql<ExportedTable>`
    select c.relname as "table", array_agg(a.attname::text order by a.attnum) as columns, (
      select json_agg(json_build_object('name', k.attname, 'isText', k.attcollation <> 0) order by part.at)
      from pg_index i, unnest(i.indkey::int2[]) with ordinality part (attnum, at), pg_attribute k
      where i.indrelid = c.oid and i.indisprimary and k.attrelid = c.oid and k.attnum = part.attnum
    ) as key
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'schema_migrations'
    group by c.oid, c.relname order by c.relname
  `.execute(transaction);
  return rows;
};

const readSequences = async (transaction: Transaction<unknown>): Promise<readonly TransferSequence[]> => {
  const { rows } = await sql<TransferSequence>`
    select sequencename as sequence, last_value::text as last
    from pg_sequences where schemaname = 'public' order by sequencename
  `.execute(transaction);
  return rows;
};

/** As lines, each a `TransferRow`. */
const readRows = async function* (
  transaction: Transaction<unknown>,
  { table, columns, key }: ExportedTable,
): AsyncGenerator<string> {
  // The engine makes the line: four times as fast as an array that is read here, and written as JSON again. A function
  // takes 100 columns.
  const values = sql.join(columns.map((column) => sql`${sql.ref(column)}::text`));
  // A stable order: two exports of the same facts are the same bytes. By the key, so that a table of millions need not be
  // sorted: while it is, the embedded engine does nothing else.
  const order = sql.join(
    key
      ? key.map(({ name, isText }) => (isText ? sql`${sql.ref(name)} collate "C"` : sql.ref(name)))
      : columns.map((column) => sql`${sql.ref(column)}::text collate "C"`),
  );
  await sql`
    declare export_rows no scroll cursor for
    select json_build_array(${values})::text as row from ${sql.table(`public.${table}`)} order by ${order}
  `.execute(transaction);
  for (;;) {
    const { rows } = await sql<{ row: string }>`fetch ${sql.lit(pageRows)} from export_rows`.execute(
      transaction,
    );
    if (rows.length === 0) break;
    for (const { row } of rows) yield row;
  }
  await sql`close export_rows`.execute(transaction);
};

/**
 * Writes everything in the database as lines of JSON, one consistent state, the same on either engine. Secrets stay
 * as they are at rest: sealed or hashed.
 *
 * `write` gets a line without its end and may wait, which slows the export down.
 */
export const exportDatabase = async <Schema>(
  database: Database<Schema>,
  write: (line: string) => void | Promise<void>,
): Promise<TransferManifest> => {
  const sum = new TransferSum();
  const putText = async (text: string, isRow: boolean): Promise<void> => {
    sum.add(text, isRow);
    await write(text);
  };
  const put = (line: TransferLine): Promise<void> => putText(JSON.stringify(line), false);
  return await database.transaction(
    async (typed) => {
      const transaction = typed as Transaction<unknown>;
      await sql`
        select set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO', true),
          set_config('intervalstyle', 'postgres', true), set_config('bytea_output', 'hex', true),
          set_config('statement_timeout', '0', true), set_config('row_security', 'off', true)
      `.execute(transaction);
      await put({ format: transferFormat, migrations: await readApplied(transaction) });
      for (const table of await readTables(transaction)) {
        await put({ table: table.table, columns: table.columns });
        for await (const row of readRows(transaction, table)) await putText(row, true);
      }
      for (const sequence of await readSequences(transaction)) await put(sequence);
      const manifest = sum.finish();
      await write(JSON.stringify({ end: manifest }));
      return manifest;
    },
    { isolation: "repeatable read", isReadOnly: true },
  );
};
