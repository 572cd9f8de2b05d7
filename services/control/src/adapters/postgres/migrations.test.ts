import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../store/database.ts";
import { type Migration, migrate, readMigrations } from "./migrations.ts";
import { openDatabase } from "./open-database.ts";
import { describeStorage, type TestStorage } from "./testing/storage-engines.ts";

const incompatible = expect.objectContaining({ code: "storage_incompatible" });

const migration = (number: number, script: string): Migration => ({
  number,
  name: `000${number}-step.sql`,
  checksum: `sum of ${script}`,
  script,
});
const first = migration(1, "create table one (x int); create table two (x int);");
const second = migration(2, "insert into one values (1);");

describeStorage("migrations", ({ open }) => {
  let storage: TestStorage;
  let database: Database<unknown>;
  const count = async (): Promise<number> => {
    const { rows } = await sql<{ n: number }>`select count(*) as n from one`.execute(database.kysely);
    return rows[0]?.n ?? 0;
  };

  beforeAll(async () => {
    storage = await open([first]);
    database = await storage.create();
  });
  afterAll(() => storage.close());

  it("are applied once, in order", async () => {
    expect(await migrate(database, [first, second])).toEqual({ level: 2, applied: ["0002-step.sql"] });
    expect(await migrate(database, [first, second])).toEqual({ level: 2, applied: [] });
    expect(await count()).toBe(1);
  });

  it("leave nothing of a file that fails", async () => {
    const broken = migration(3, "insert into one values (2); insert into absent values (1);");
    await expect(migrate(database, [first, second, broken])).rejects.toEqual(
      expect.objectContaining({ code: "42P01" }),
    );
    expect(await count()).toBe(1);
  });

  it("refuse a file that commits by itself", async () => {
    const committing = migration(3, "insert into two values (2); commit; begin;");
    await expect(migrate(database, [first, second, committing])).rejects.toThrow("ends its transaction");
  });

  it("refuse a database that is newer than the code, and a file that was changed", async () => {
    await expect(migrate(database, [first])).rejects.toEqual(incompatible);
    await expect(migrate(database, [first, migration(2, "select 1")])).rejects.toEqual(incompatible);
  });
});

describeStorage("memberships that stand when 0024 comes", ({ open }) => {
  it("are of the provider that maps their fleet, else of the one of the last sign-in; by hand, of none", async () => {
    const files = readMigrations();
    const storage = await open(files.slice(0, 23));
    try {
      const database = await storage.create();
      await sql`
        with people as (insert into accounts (id, email, name, created_at)
            select 'acc_' || n, n || '@example.org', n, now() from unnest('{a,b}'::text[]) n),
          fleet as (insert into fleets (id, slug, name, created_at)
            select 'flt_' || n, n, n, now() from unnest('{mapped,other}'::text[]) n),
          providers as (insert into identity_providers (id, slug, name, issuer, client_id, scopes, groups_claim,
            is_sign_up_allowed, is_mfa_trusted, created_at)
            select 'idp_' || n, n, n, n, '', '{}', '', false, false, now() from unnest('{early,late}'::text[]) n),
          identities as (insert into outside_identities
            select 'idp_' || n, n, 'acc_a', now(), at::timestamptz
            from (values ('early', '2026-01-01'), ('late', '2026-02-01')) known (n, at)),
          roles as (insert into identity_group_roles values ('idp_early', 'dev', 'flt_mapped', 'viewer'))
        insert into memberships (id, fleet_id, account_id, role, source, created_at) values
          ('mem_1', 'flt_mapped', 'acc_a', 'viewer', 'oidc', now()),
          ('mem_2', 'flt_other', 'acc_a', 'viewer', 'oidc', now()),
          ('mem_3', 'flt_mapped', 'acc_b', 'viewer', 'manual', now())`.execute(database.kysely);
      await migrate(database, files);
      const { rows } = await sql`select provider_id from memberships order by id`.execute(database.kysely);
      expect(rows).toEqual([
        { provider_id: "idp_early" },
        { provider_id: "idp_late" },
        { provider_id: null },
      ]);
    } finally {
      await storage.close();
    }
  });
});

describeStorage("starting at the same time", ({ engine, open }) => {
  it("applies each file exactly once", async () => {
    const storage = await open([]);
    try {
      const place = await storage.place();
      // The embedded engine is one process; there, starts at the same time are calls at the same time.
      const databases =
        engine === "postgres"
          ? await Promise.all([1, 2, 3].map(() => openDatabase(place)))
          : Array.from(
              { length: 3 },
              (
                (database) => () =>
                  database
              )(await openDatabase(place)),
            );
      const files = [first, second, migration(3, "insert into one values (3);")];
      const results = await Promise.all(databases.map((database) => migrate(database, files)));
      expect(results.flatMap(({ applied }) => applied).sort()).toEqual(files.map(({ name }) => name));
      expect(results.map(({ level }) => level)).toEqual([3, 3, 3]);
      await Promise.all([...new Set(databases)].map((database) => database.close()));
    } finally {
      await storage.close();
    }
  });
});

describe("reading the files", () => {
  it("finds in those of this version no number twice, and none left out", () => {
    expect(readMigrations().length).toBeGreaterThan(20);
  });

  it("takes numbers without a hole alone, and the same text whatever its line ends", () => {
    const directory = mkdtempSync(path.join(tmpdir(), "cmdop-migrations-"));
    const url = pathToFileURL(`${directory}/`);
    try {
      writeFileSync(path.join(directory, "0001-a.sql"), "select 1;\nselect 2;\n");
      const [unix] = readMigrations(url);
      writeFileSync(path.join(directory, "0001-a.sql"), "select 1;\r\nselect 2;\r\n");
      expect(readMigrations(url)).toEqual([unix]);
      writeFileSync(path.join(directory, "0003-b.sql"), "");
      expect(() => readMigrations(url)).toThrow("0003-b.sql");
      writeFileSync(path.join(directory, "0001-b.sql"), "");
      expect(() => readMigrations(url)).toThrow("0001-b.sql");
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
