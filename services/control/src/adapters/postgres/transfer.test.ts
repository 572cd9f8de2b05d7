import { type RawBuilder, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../store/database.ts";
import { exportDatabase } from "./export-database.ts";
import { importDatabase } from "./import-database.ts";
import { migrate } from "./migrations.ts";
import { describeStorage, type TestStorage, testedEngines } from "./testing/storage-engines.ts";

const migrations = [
  {
    number: 1,
    name: "0001-everything.sql",
    checksum: "1",
    script: `
      create table parents (
        id bigint generated always as identity primary key,
        parent bigint references parents,
        name text not null,
        doubled text generated always as (name || name) stored
      );
      create table details (
        parent bigint not null references parents,
        bytes bytea, at timestamptz, amount numeric, ratio double precision, tags text[], body jsonb
      );
      create function refuse() returns trigger language plpgsql as $$ begin raise exception 'fixed'; end $$;
      create trigger fixed before update or delete or truncate on details
        for each statement execute function refuse();
      insert into parents (name) values ('seeded by the migration');
    `,
  },
];

const fill: readonly RawBuilder<unknown>[] = [
  sql`insert into parents (name, parent) select 'child ' || n, 1 from generate_series(1, 1200) n`,
  sql`update parents set parent = 1201 where id = 1`,
  sql`insert into details values
    (7, '\\x00ff', '2026-02-03 04:05:06.789012+05', 12345678901234567890.000001, 0.1::float8 + 0.2,
      array['a', null, 'with "quotes", \\ and ü', ''], '{"deep": [1, null, "x"]}'),
    (8, null, '-infinity', null, 'NaN', '{}', 'null')`,
];

const exported = async (database: Database<unknown>): Promise<string[]> => {
  const lines: string[] = [];
  await exportDatabase(database, (line) => {
    lines.push(line);
  });
  return lines;
};

const stream = async function* (lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
};

describeStorage("moving a database", ({ open }) => {
  let storage: TestStorage;
  let empty: TestStorage;
  let source: Database<unknown>;
  beforeAll(async () => {
    storage = await open(migrations);
    empty = await open([]);
    source = await storage.create();
    for (const statement of fill) await statement.execute(source.kysely);
  });
  afterAll(async () => {
    await storage.close();
    await empty.close();
  });

  const target = async (): Promise<Database<unknown>> => {
    const database = await empty.create();
    await sql`drop table schema_migrations`.execute(database.kysely);
    return database;
  };

  it("gives every value back, and its rules and counters hold again", async () => {
    const lines = await exported(source);
    const database = await target();
    const manifest = await importDatabase(database, stream(lines), migrations);
    expect(manifest.rows).toBe(1203);
    expect(await exported(database)).toEqual(lines);
    const { rows: unknown } = await sql`
      select relname from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r' and reltuples < 0`.execute(
      database.kysely,
    );
    expect(unknown).toEqual([]);
    expect(await migrate(database, migrations)).toEqual({ level: 1, applied: [] });
    const { rows } = await sql`insert into parents (name) values ('next') returning id`.execute(
      database.kysely,
    );
    expect(rows).toEqual([{ id: 1202 }]);
    await expect(sql`delete from details`.execute(database.kysely)).rejects.toThrow("fixed");
    await expect(
      sql`insert into parents (name, parent) values ('orphan', 99999)`.execute(database.kysely),
    ).rejects.toEqual(expect.objectContaining({ code: "23503" }));
  });

  it("takes nothing of an export that is damaged or cut off", async () => {
    const lines = await exported(source);
    const database = await target();
    const invalid = expect.objectContaining({ code: "invalid_argument" });
    const changed = lines.map((line) => line.replace("child 77", "child 78"));
    await expect(importDatabase(database, stream(changed), migrations)).rejects.toEqual(invalid);
    await expect(importDatabase(database, stream(lines.slice(0, -1)), migrations)).rejects.toEqual(invalid);
    await expect(importDatabase(database, stream(["{}"]), migrations)).rejects.toEqual(invalid);
    // Within a line: nothing of what it holds stands in the error.
    const half = lines.map((line, index) => (index === 3 ? line.slice(0, -2) : line));
    const torn = await importDatabase(database, stream(half), migrations).catch((error: unknown) => error);
    expect(torn).toEqual(invalid);
    expect(String(torn)).not.toContain(half[3]?.slice(0, 8));
    await expect(importDatabase(database, stream(["root:x:0:0"]), migrations)).rejects.toEqual(invalid);
    // It is empty still.
    await importDatabase(database, stream(lines), migrations);
  });

  it("goes into an empty database alone, by a version that knows its migrations", async () => {
    const lines = await exported(source);
    const incompatible = expect.objectContaining({ code: "storage_incompatible" });
    await expect(importDatabase(source, stream(lines), migrations)).rejects.toEqual(incompatible);
    await expect(importDatabase(await target(), stream(lines), [])).rejects.toEqual(incompatible);
  });
});

describe.skipIf(testedEngines.some(({ isInstalled }) => !isInstalled))("moving between engines", () => {
  it("from the embedded engine to PostgreSQL and back changes nothing", async () => {
    const storages = await Promise.all(testedEngines.map(({ open }) => open([])));
    try {
      const [embedded, postgres] = storages;
      if (embedded === undefined || postgres === undefined) throw new Error("There are two engines.");
      const databases = [await embedded.create(), await postgres.create(), await embedded.create()] as const;
      expect(databases.map(({ engine }) => engine)).toEqual(["pglite", "postgres", "pglite"]);
      for (const { kysely } of databases) await sql`drop table schema_migrations`.execute(kysely);
      const [start, between, end] = databases;
      await migrate(start, migrations);
      for (const statement of fill) await statement.execute(start.kysely);
      const lines = await exported(start);
      await importDatabase(between, stream(lines), migrations);
      const moved = await exported(between);
      await importDatabase(end, stream(moved), migrations);
      expect(moved).toEqual(lines);
      expect(await exported(end)).toEqual(lines);
    } finally {
      await Promise.all(storages.map((storage) => storage.close()));
    }
  }, 90_000);
});
