import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { Failure } from "@cmdop/base";
import { sql, type Transaction } from "kysely";
import { DatabaseError } from "pg";
import type { Database } from "../../store/database.ts";

export interface Migration {
  /** From 1, without a hole. */
  readonly number: number;
  /** The file's name. */
  readonly name: string;
  readonly checksum: string;
  readonly script: string;
}

export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

export interface MigrationResult {
  /** The number of the last migration in the database. */
  readonly level: number;
  /** What this call applied; another process may have applied the rest. */
  readonly applied: readonly string[];
}

const shippedMigrations = new URL("../../migrations/", import.meta.url);
const fileName = /^(\d{4})-[a-z0-9-]+\.sql$/;

/** Any number that nothing else in the database locks. */
const lockKey = 7_310_579;

/** Reads the numbered files of a directory; throws when a name or a number is not as it must be. */
export const readMigrations = (directory: URL = shippedMigrations): readonly Migration[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name, at) => {
      const number = Number(fileName.exec(name)?.[1]);
      if (number !== at + 1) throw new Error(`${name} is not the migration number ${at + 1}.`);
      // A checkout with other line ends is not another migration.
      const script = readFileSync(new URL(name, directory), "utf8").replaceAll("\r\n", "\n");
      return { number, name, checksum: createHash("sha256").update(script).digest("hex"), script };
    });

export const readApplied = async (
  transaction: Transaction<unknown>,
): Promise<readonly AppliedMigration[]> => {
  const { rows } = await sql<AppliedMigration>`
    select number, name, checksum from schema_migrations order by number
  `.execute(transaction);
  return rows;
};

/** Fails with `storage_incompatible` unless what was applied is the beginning of what this version has. */
const assertKnown = (applied: readonly AppliedMigration[], migrations: readonly Migration[]): void => {
  for (const { number, name, checksum } of applied) {
    const known = migrations[number - 1];
    if (known === undefined) {
      throw new Failure(
        "storage_incompatible",
        `The database is newer than this version: it has ${name}, this version ends at ${migrations.length}.`,
      );
    }
    if (known.name !== name || known.checksum !== checksum) {
      throw new Failure(
        "storage_incompatible",
        `The migration ${name} in the database is not the ${known.name} of this version.`,
      );
    }
  }
};

const currentTransaction = async (transaction: Transaction<unknown>): Promise<string | undefined> => {
  const { rows } = await sql<{ id: string }>`select pg_current_xact_id()::text as id`.execute(transaction);
  return rows[0]?.id;
};

const apply = async (transaction: Transaction<unknown>, migration: Migration): Promise<void> => {
  const { number, name, checksum, script } = migration;
  const before = await currentTransaction(transaction);
  await sql.raw(script).execute(transaction);
  if ((await currentTransaction(transaction)) !== before) throw new Error(`${name} ends its transaction.`);
  await sql`
    insert into schema_migrations (number, name, checksum) values (${number}, ${name}, ${checksum})
  `.execute(transaction);
};

const insufficientPrivilege = "42501";

const toRightsFailure = (error: unknown): unknown => {
  if (!(error instanceof DatabaseError) || error.code !== insufficientPrivilege) return error;
  return new Failure(
    "not_configured",
    `CMDOP_DATABASE_URL: its role may not make the tables: ${error.message}. It has to be the owner of the database, and to have createrole.`,
    { cause: error },
  );
};

/**
 * Applies the next missing file, behind the lock, and gives its name; undefined when there is none. Fails with
 * `storage_incompatible` when the database is newer than the code, or an applied file was changed; with
 * `not_configured` when the role of the connection may not.
 */
export const migrateStep = (
  transaction: Transaction<unknown>,
  migrations: readonly Migration[],
): Promise<string | undefined> =>
  applyNext(transaction, migrations).catch((error: unknown) => {
    throw toRightsFailure(error);
  });

const applyNext = async (
  transaction: Transaction<unknown>,
  migrations: readonly Migration[],
): Promise<string | undefined> => {
  await sql`select set_config('statement_timeout', '0', true), pg_advisory_xact_lock(${lockKey})`.execute(
    transaction,
  );
  await sql`
    create table if not exists schema_migrations (
      number integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )
  `.execute(transaction);
  const present = await readApplied(transaction);
  assertKnown(present, migrations);
  const next = migrations[present.length];
  if (next !== undefined) await apply(transaction, next);
  return next?.name;
};

/**
 * Brings the database to this version, one transaction a file. Any number of processes may do so at the same time:
 * an advisory lock lets one after the other look and apply what is missing.
 */
export const migrate = async <Schema>(
  database: Database<Schema>,
  migrations: readonly Migration[] = readMigrations(),
): Promise<MigrationResult> => {
  const applied: string[] = [];
  for (;;) {
    const name = await database.transaction((transaction) =>
      migrateStep(transaction as Transaction<unknown>, migrations),
    );
    if (name === undefined) return { level: migrations.length, applied };
    applied.push(name);
  }
};
