import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Scope } from "@cmdop/base";
import { placePreparedDatabase, TemporaryPostgres } from "@cmdop/testkit";
import { describe } from "vitest";
import type { Database, StorageEngine } from "../../../store/database.ts";
import { type Migration, migrate } from "../migrations.ts";
import { type OpenDatabaseOptions, openDatabase } from "../open-database.ts";

/** Databases of one engine for one suite: each `create()` gives a new, migrated, empty one. */
export interface TestStorage {
  /** Where another process, or openDatabase, finds a new migrated database. */
  place(): Promise<Pick<OpenDatabaseOptions, "url" | "dir">>;
  create<Schema>(options?: Omit<OpenDatabaseOptions, "url" | "dir">): Promise<Database<Schema>>;
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
  return {
    place: () => places.place(),
    create: async <Schema>(options = {}) => {
      const database = await openDatabase<Schema>({ ...(await places.place()), ...options });
      scope.add(() => database.close());
      return database;
    },
    close: () => scope.close(),
  };
};

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
