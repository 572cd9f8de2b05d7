import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Scope } from "@cmdop/base";
import { placePreparedDatabase, TemporaryPostgres } from "@cmdop/testkit";
import { sql } from "kysely";
import { describe } from "vitest";
import type { Database, StorageEngine } from "../../../store/database.ts";
import { type Migration, migrate } from "../migrations.ts";
import { type OpenDatabaseOptions, openDatabase } from "../open-database.ts";

/** Databases of one engine for one suite: each `create()` gives a new, migrated, empty one. */
export interface TestStorage {
  /** Where another process, or openDatabase, finds a new migrated database. */
  place(): Promise<Pick<OpenDatabaseOptions, "url" | "dir">>;
  create<Schema>(options?: Omit<OpenDatabaseOptions, "url" | "dir">): Promise<Database<Schema>>;
  /**
   * Puts the rows of a database of create() as they were then: what a test would otherwise start another engine for.
   * Nothing that keeps rows in memory may be open on it.
   */
  renew<Schema>(database: Database<Schema>): Promise<void>;
  /** Closes what create() opened, and removes everything. */
  close(): Promise<void>;
}

type Places = Pick<TestStorage, "place" | "close">;

/** Migrates once into a directory, unless that is prepared; each database is a copy of it. */
const openEmbeddedPlaces = async (migrations: readonly Migration[] | undefined): Promise<Places> => {
  const root = mkdtempSync(path.join(tmpdir(), "cmdop-storage-"));
  const template = path.join(root, "data");
  if (migrations === undefined) placePreparedDatabase(root);
  if (!existsSync(template)) {
    const database = await openDatabase({ dir: template });
    await migrate(database, migrations);
    await database.close();
  }
  let count = 0;
  return {
    place: async () => {
      count += 1;
      const dir = path.join(root, `database-${count}`);
      cpSync(template, dir, { recursive: true });
      return { dir };
    },
    close: async () => rmSync(root, { recursive: true, force: true }),
  };
};

/** Migrates once into a database that is the template of the others. */
const openPostgresPlaces = async (migrations: readonly Migration[] | undefined): Promise<Places> => {
  const server = await TemporaryPostgres.start();
  try {
    const template = await server.createDatabase();
    const database = await openDatabase({ url: server.url(template) });
    await migrate(database, migrations);
    await database.close();
    return {
      place: async () => ({ url: server.url(await server.createDatabase(template)) }),
      close: () => server.close(),
    };
  } catch (error) {
    await server.close();
    throw error;
  }
};

const open = async (
  openPlaces: (migrations: readonly Migration[] | undefined) => Promise<Places>,
  migrations: readonly Migration[] | undefined,
): Promise<TestStorage> => {
  const places = await openPlaces(migrations);
  const scope = new Scope();
  scope.add(() => places.close());
  const starts = new Map<unknown, readonly TableRows[]>();
  return {
    place: () => places.place(),
    create: async <Schema>(options = {}) => {
      const database = await openDatabase<Schema>({ ...(await places.place()), ...options });
      scope.add(() => database.close());
      starts.set(database, await readRows(database));
      return database;
    },
    renew: (database) => putRows(database, starts.get(database) ?? []),
    close: () => scope.close(),
  };
};

interface TableRows {
  readonly table: string;
  /** A JSON array. */
  readonly rows: string;
}

const readRows = async <Schema>({ kysely }: Database<Schema>): Promise<readonly TableRows[]> => {
  const { rows: tables } = await sql<{ table: string }>`
    select tablename as "table" from pg_tables where schemaname = 'public'`.execute(kysely);
  const read: TableRows[] = [];
  for (const { table } of tables) {
    const { rows } = await sql<{ rows: string }>`
      select coalesce(json_agg(t), '[]')::text as rows from ${sql.table(table)} t`.execute(kysely);
    read.push({ table, rows: rows[0]?.rows ?? "[]" });
  }
  return read;
};

/** Past every trigger and foreign key, which hold again after it. */
const putRows = <Schema>(database: Database<Schema>, starts: readonly TableRows[]): Promise<void> =>
  database.transaction(async (db) => {
    await sql`set local session_replication_role = replica`.execute(db);
    const asked = starts.map(
      ({ table }) => sql`select ${table}::text as "table" where exists (select from ${sql.table(table)})`,
    );
    const filled = await sql<{ table: string }>`${sql.join(asked, sql` union all `)}`.execute(db);
    // To truncate a table costs new files for it, for each index and for whatever refers to it.
    for (const { table } of filled.rows) await sql`delete from ${sql.table(table)}`.execute(db);
    for (const { table, rows } of starts.filter((start) => start.rows !== "[]")) {
      const into = sql.table(table);
      await sql`insert into ${into} overriding system value
        select * from json_populate_recordset(null::${into}, ${rows}::json)`.execute(db);
    }
  });

export interface TestedEngine {
  readonly engine: StorageEngine;
  /** False where PostgreSQL is not installed. */
  readonly isInstalled: boolean;
  open(migrations?: readonly Migration[]): Promise<TestStorage>;
}

/** Every engine that a suite must hold on. */
export const testedEngines: readonly TestedEngine[] = [
  { engine: "pglite", isInstalled: true, open: (migrations) => open(openEmbeddedPlaces, migrations) },
  {
    engine: "postgres",
    isInstalled: TemporaryPostgres.isInstalled(),
    open: (migrations) => open(openPostgresPlaces, migrations),
  },
];

/**
 * Runs a suite once for each engine. Where PostgreSQL is not installed its half is skipped and said so; continuous
 * integration allows no skip.
 */
export const describeStorage = (name: string, suite: (tested: TestedEngine) => void): void => {
  for (const tested of testedEngines) {
    describe.skipIf(!tested.isInstalled)(`${name} (${tested.engine})`, () => suite(tested));
  }
};
