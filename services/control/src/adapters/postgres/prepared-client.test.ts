import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TemporaryPostgres } from "@cmdop/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../store/database.ts";
import { openDatabase } from "./open-database.ts";

type Rows = Database<Record<never, never>>;

/** The texts that the engine has kept. */
const prepared = async (database: Rows): Promise<readonly string[]> => {
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(
    database.kysely,
  );
  return rows.map(({ statement }) => statement);
};

describe("statements that the embedded engine hears again and again", () => {
  const root = mkdtempSync(join(tmpdir(), "cmdop-prepared-"));
  let database: Rows;
  beforeAll(async () => {
    database = await openDatabase({ dir: root });
  }, 30_000);
  afterAll(async () => {
    await database.close();
    rmSync(root, { recursive: true });
  });

  it("are prepared once, and give each time what was asked then", async () => {
    for (let n = 0; n < 20; n += 1) {
      const { rows } = await sql<{ doubled: number }>`select ${n}::int * 2 as doubled`.execute(
        database.kysely,
      );
      expect(rows).toEqual([{ doubled: n * 2 }]);
    }
    expect((await prepared(database)).filter((text) => text.includes("doubled"))).toHaveLength(1);
  });

  it("are kept in a bounded number, and those beyond it work all the same", async () => {
    for (let column = 0; column < 200; column += 1) {
      const name = sql.ref(`c${column}`);
      for (let n = 0; n < 9; n += 1) {
        const { rows } = await sql<Record<string, number>>`select ${n}::int as ${name}`.execute(
          database.kysely,
        );
        expect(rows).toEqual([{ [`c${column}`]: n }]);
      }
    }
    expect(await prepared(database)).toHaveLength(128);
  });

  it("fail alone: one that is wrong spoils neither the next nor itself with other values", async () => {
    const divide = (by: number) => sql<{ n: number }>`select 12 / ${by}::int as n`.execute(database.kysely);
    for (let n = 1; n < 12; n += 1) expect((await divide(n)).rows).toHaveLength(1);
    await expect(divide(0)).rejects.toThrow();
    expect((await divide(4)).rows).toEqual([{ n: 3 }]);
  });
});

describe("statements that PostgreSQL hears again and again", () => {
  let server: TemporaryPostgres;
  let database: Rows;
  beforeAll(async () => {
    server = await TemporaryPostgres.start();
    database = await openDatabase({ url: server.url(await server.createDatabase()) });
  }, 30_000);
  afterAll(async () => {
    await database.close();
    await server.close();
  });

  it("are prepared, but those of all columns, which another process' migration may add to", async () => {
    await sql`create table people (id int)`.execute(database.kysely);
    await sql`insert into people values (1)`.execute(database.kysely);
    const ask = async (): Promise<readonly unknown[]> => {
      const all = await sql`select * from people where id = ${1}`.execute(database.kysely);
      const ids =
        await sql`select id, (select count(*) from people) as of from people where id = ${1}`.execute(
          database.kysely,
        );
      return [...all.rows, ...ids.rows];
    };
    for (let n = 0; n < 20; n += 1) expect(await ask()).toEqual([{ id: 1 }, { id: 1, of: 1 }]);
    expect((await prepared(database)).filter((text) => text.includes("people"))).toEqual([
      expect.stringContaining("select id"),
    ]);
    await sql`alter table people add column name text`.execute(database.kysely);
    expect(await ask()).toEqual([
      { id: 1, name: null },
      { id: 1, of: 1 },
    ]);
  });
});
