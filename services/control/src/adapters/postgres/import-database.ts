import { Failure } from "@cmdop/base";
import { sql, type Transaction } from "kysely";
import type { Database } from "../../store/database.ts";
import { type Migration, migrateStep, readMigrations } from "./migrations.ts";
import {
  type TransferHeader,
  type TransferLine,
  type TransferManifest,
  type TransferRow,
  type TransferSequence,
  TransferSum,
  type TransferTable,
  transferFormat,
} from "./transfer-format.ts";

/** Values in one statement; PostgreSQL takes 65,535. */
const parametersMax = 20_000;
const rowsMax = 500;

const refuse = (text: string): never => {
  throw new Failure("invalid_argument", text);
};

/** The parser's own error would show what the line holds. */
const parseLine = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return refuse("A line is no JSON: this is no export, or it was cut off or changed.");
  }
};

const readHeader = (line: string | undefined): TransferHeader => {
  const header = line === undefined ? undefined : (parseLine(line) as Partial<TransferHeader> | null);
  if (header?.format !== transferFormat || header.migrations === undefined) {
    return refuse(`This is not an export of the form ${transferFormat}.`);
  }
  return { format: header.format, migrations: header.migrations };
};

/** The migrations that the exported database had; this version must know them, and bring the rest later. */
const migrationsOf = (header: TransferHeader, known: readonly Migration[]): readonly Migration[] => {
  for (const { number, name, checksum } of header.migrations) {
    const mine = known[number - 1];
    if (mine?.name !== name || mine.checksum !== checksum) {
      throw new Failure(
        "storage_incompatible",
        `The export has the migration ${name}, which this version has not.`,
      );
    }
  }
  return known.slice(0, header.migrations.length);
};

const assertEmpty = async (transaction: Transaction<unknown>): Promise<void> => {
  const { rows } = await sql`
    select 1 from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') limit 1
  `.execute(transaction);
  if (rows.length > 0) {
    throw new Failure("storage_incompatible", "The database is not empty. Import into a new one.");
  }
};

interface Constraint {
  readonly table: string;
  readonly name: string;
}

/** Rows may refer to rows that come later, and what a migration seeded or a trigger makes is in the export. */
const withoutChecks = async (transaction: Transaction<unknown>, work: () => Promise<void>): Promise<void> => {
  const { rows: tables } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migrations'
  `.execute(transaction);
  const { rows: constraints } = await sql<Constraint>`
    select conrelid::regclass::text as "table", conname as name from pg_constraint
    where connamespace = 'public'::regnamespace and contype = 'f' and not condeferrable
  `.execute(transaction);
  const alter = (table: string, change: ReturnType<typeof sql>) =>
    sql`alter table ${sql.table(table)} ${change}`.execute(transaction);
  for (const { name } of tables) await alter(name, sql`disable trigger user`);
  for (const { table, name } of constraints) {
    await alter(table, sql`alter constraint ${sql.ref(name)} deferrable initially deferred`);
  }
  if (tables.length > 0) {
    await sql`truncate ${sql.join(tables.map(({ name }) => sql.table(name)))}`.execute(transaction);
  }
  await work();
  await sql`set constraints all immediate`.execute(transaction);
  for (const { table, name } of constraints) {
    await alter(table, sql`alter constraint ${sql.ref(name)} not deferrable`);
  }
  for (const { name } of tables) await alter(name, sql`enable trigger user`);
};

/** Collects the rows of one table into statements of many rows. */
class RowWriter {
  readonly #transaction: Transaction<unknown>;
  #table: TransferTable | undefined;
  #rows: TransferRow[] = [];

  constructor(transaction: Transaction<unknown>) {
    this.#transaction = transaction;
  }

  async begin(table: TransferTable): Promise<void> {
    await this.flush();
    this.#table = table;
  }

  async add(row: TransferRow): Promise<void> {
    if (row.length !== this.#table?.columns.length)
      refuse("A row of the export has not the columns of its table.");
    this.#rows.push(row);
    if (this.#rows.length === rowsMax || this.#rows.length * row.length >= parametersMax) await this.flush();
  }

  async flush(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    if (this.#table === undefined || rows.length === 0) return;
    const { table, columns } = this.#table;
    await sql`
      insert into ${sql.table(`public.${table}`)} (${sql.join(columns.map((column) => sql.ref(column)))})
      overriding system value
      values ${sql.join(rows.map((row) => sql`(${sql.join([...row])})`))}
    `.execute(this.#transaction);
  }
}

const setSequence = async (
  transaction: Transaction<unknown>,
  { sequence, last }: TransferSequence,
): Promise<void> => {
  if (last === null) return;
  await sql`select setval(${`public."${sequence}"`}::regclass, ${last}::bigint)`.execute(transaction);
};

/**
 * Reads an export into an empty database of either engine, in one transaction: everything is there afterwards or
 * nothing. The database then has the migrations of the export; migrate() brings the rest.
 *
 * Fails with `invalid_argument` (not an export, damaged, cut off) or `storage_incompatible` (the database is not
 * empty, or the export comes from a version that this one does not know).
 */
export const importDatabase = async <Schema>(
  database: Database<Schema>,
  lines: AsyncIterable<string>,
  known: readonly Migration[] = readMigrations(),
): Promise<TransferManifest> =>
  await database.transaction(async (typed) => {
    const transaction = typed as Transaction<unknown>;
    const iterator = lines[Symbol.asyncIterator]();
    const next = async (): Promise<string | undefined> => {
      const { done, value } = await iterator.next();
      return done === true || value === "" ? undefined : value;
    };
    const sum = new TransferSum();
    const first = await next();
    const migrations = migrationsOf(readHeader(first), known);
    sum.add(first ?? "", false);
    await assertEmpty(transaction);
    while ((await migrateStep(transaction, migrations)) !== undefined);

    let manifest: TransferManifest | undefined;
    await withoutChecks(transaction, async () => {
      const writer = new RowWriter(transaction);
      for (let text = await next(); text !== undefined; text = await next()) {
        const line = parseLine(text) as TransferLine;
        if ("end" in line) {
          manifest = line.end;
          break;
        }
        const isRow = Array.isArray(line);
        sum.add(text, isRow);
        if (isRow) await writer.add(line as TransferRow);
        else if ("table" in line) await writer.begin(line);
        else if ("sequence" in line) await setSequence(transaction, line);
      }
      await writer.flush();
    });
    const found = sum.finish();
    if (manifest === undefined) return refuse("The export is cut off: its last line is missing.");
    if (manifest.sha256 !== found.sha256 || manifest.rows !== found.rows) {
      return refuse("The export is damaged: its lines are not what its last line sums.");
    }
    // Else the planner takes the tables for empty, and reads a fleet's sessions whole for each page of them.
    await sql`analyze`.execute(transaction);
    return found;
  });
