// Runs once before the tests: a migrated, empty database for the embedded engine, and what initdb makes for PostgreSQL.
// Each control plane of a test starts on a copy, since unpacking and migrating costs more than all the rest of its
// start, as initdb does. A copy is what a first start makes; the suites beside the engine and the migrations prove
// those themselves.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { TemporaryPostgres } from "@cmdop/testkit";

const root = path.resolve(import.meta.dirname, "../../../..");
const control = path.join(root, "services/control/src");

/** Another one for each version of what it is made of. */
const versionOf = (): string => {
  const embedded = path.join(control, "adapters/postgres/embedded");
  const migrations = path.join(control, "migrations");
  const files = [
    ...readdirSync(migrations)
      .sort()
      .map((name) => path.join(migrations, name)),
    ...readdirSync(embedded, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
      .map(({ name }) => path.join(embedded, name))
      .sort(),
    path.join(root, "package-lock.json"),
  ];
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
};

export const setup = async (): Promise<void> => {
  const databases = path.join(root, "node_modules/.cache/cmdop-test-databases");
  const prepared = path.join(databases, versionOf());
  if (!existsSync(prepared)) {
    const { migrate } = await import("../adapters/postgres/migrations.ts");
    const { openDatabase } = await import("../adapters/postgres/open-database.ts");
    rmSync(databases, { recursive: true, force: true });
    mkdirSync(databases, { recursive: true });
    const unfinished = `${prepared}.${process.pid}`;
    const database = await openDatabase({ dir: unfinished });
    await migrate(database);
    await database.close();
    renameSync(unfinished, prepared);
  }
  process.env.CMDOP_TEST_DATABASE = prepared;
  const postgres = TemporaryPostgres.prepare(databases);
  if (postgres !== undefined) process.env.CMDOP_TEST_POSTGRES = postgres;
};
