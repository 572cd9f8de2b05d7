import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { leakCheck, TemporaryPostgres, waitFor } from "@cmdop/testkit";
import { type Generated, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../store/database.ts";
import { migrate } from "./migrations.ts";
import { openDatabase } from "./open-database.ts";
import { describeStorage, type TestStorage } from "./testing/storage-engines.ts";

interface Schema {
  readonly notes: { readonly id: Generated<number>; readonly text: string };
}

const migration = {
  number: 1,
  name: "0001-notes.sql",
  checksum: "1",
  script:
    "create table notes (id bigint generated always as identity primary key, text text not null unique);",
};

describeStorage("the database", ({ engine, open }) => {
  const assertClosed = leakCheck();
  let storage: TestStorage;
  let database: Database<Schema>;
  const texts = async (): Promise<readonly string[]> =>
    (await database.kysely.selectFrom("notes").select("text").orderBy("id").execute()).map(
      ({ text }) => text,
    );

  beforeAll(async () => {
    storage = await open([migration]);
    database = await storage.create<Schema>();
  });
  afterAll(async () => {
    await storage.close();
    await assertClosed();
  });

  it("says which engine it is", () => {
    expect(database.engine).toBe(engine);
  });

  it("keeps a committed transaction and nothing of one that threw", async () => {
    await database.transaction((transaction) =>
      transaction.insertInto("notes").values({ text: "kept" }).execute(),
    );
    const failing = database.transaction(async (transaction) => {
      await transaction.insertInto("notes").values({ text: "undone" }).execute();
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await texts()).toEqual(["kept"]);
  });

  it("fails at once when a statement or a transaction inside an open transaction goes around it", async () => {
    const around = expect.objectContaining({
      message: expect.stringContaining("inside an open transaction"),
    });
    const attempts: readonly (() => Promise<unknown>)[] = [
      () => database.kysely.selectFrom("notes").selectAll().execute(),
      () => database.transaction(() => Promise.resolve()),
    ];
    for (const attempt of attempts) {
      await expect(database.transaction(attempt)).rejects.toEqual(around);
    }
    // What a transaction started and did not wait for may go on after it.
    const later = await database.transaction(async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      return { resolve, result: promise.then(() => texts()) };
    });
    later.resolve();
    expect(await later.result).toEqual(["kept"]);
  });

  it("has one way into a transaction, the guarded one", () => {
    expect(() => database.kysely.transaction()).toThrow("transaction()");
    expect(() => database.kysely.connection()).toThrow("transaction()");
    expect(() => database.kysely.startTransaction()).toThrow("transaction()");
  });

  it("runs many transactions at the same time without mixing them", async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        database.transaction(async (transaction) => {
          await transaction
            .insertInto("notes")
            .values({ text: `many ${n}` })
            .execute();
          const { rows } = await sql<{ n: number }>`
            select count(*) as n from notes where xmin = pg_current_xact_id()::xid
          `.execute(transaction);
          expect(rows).toEqual([{ n: 1 }]);
        }),
      ),
    );
    await sql`delete from notes where text like 'many %'`.execute(database.kysely);
  });

  it("keeps the code of a broken constraint", async () => {
    await expect(database.kysely.insertInto("notes").values({ text: "kept" }).execute()).rejects.toEqual(
      expect.objectContaining({ code: "23505", constraint: "notes_text_key" }),
    );
  });

  it("reads 64-bit integers as numbers and refuses to round one", async () => {
    const read = (value: string) =>
      sql<{ n: number }>`select ${sql.raw(value)}::bigint as n`.execute(database.kysely);
    expect((await read("9007199254740991")).rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }]);
    await expect(read("9007199254740992")).rejects.toThrow("does not fit");
    expect(await texts()).toEqual(["kept"]);
  });

  it("wakes a listener after the commit of its NOTIFY and of no other, until it stops", async () => {
    let wakes = 0;
    const stop = await database.listen("notes_changed", () => {
      wakes += 1;
    });
    await database.transaction(async (transaction) => {
      await sql`notify notes_changed`.execute(transaction);
      await sql`select 1`.execute(transaction);
      expect(wakes).toBe(0);
    });
    await waitFor(() => wakes === 1);
    await sql`notify something_else`.execute(database.kysely);
    await stop();
    await sql`notify notes_changed`.execute(database.kysely);
    await sql`select 1`.execute(database.kysely);
    expect(wakes).toBe(1);
  });

  it("refuses a read-only transaction that writes as what it is, not as a full disk", async () => {
    const writing = database.transaction(
      (transaction) => transaction.insertInto("notes").values({ text: "no" }).execute(),
      { isReadOnly: true },
    );
    await expect(writing).rejects.toEqual(expect.objectContaining({ code: "25006" }));
  });

  it("gives large results whole", async () => {
    const { rows } = await sql<{ n: number; text: string }>`
      select n::int, repeat(n::text, 50) as text from generate_series(1, 50000) n
    `.execute(database.kysely);
    expect(rows).toHaveLength(50_000);
    expect(rows.at(-1)).toEqual({ n: 50_000, text: "50000".repeat(50) });
  });
});

describe("opening", () => {
  it("asks for a URL or a directory, and not for both", async () => {
    const refused = expect.objectContaining({ code: "not_configured" });
    await expect(openDatabase({})).rejects.toEqual(refused);
    await expect(openDatabase({ url: "postgres://localhost/x", dir: "/tmp/x" })).rejects.toEqual(refused);
  });

  it("of a directory that another has is refused with a clear word, until that one leaves", async () => {
    const dir = path.join(mkdtempSync(path.join(tmpdir(), "cmdop-two-")), "data");
    const first = await openDatabase({ dir });
    await expect(openDatabase({ dir })).rejects.toMatchObject({
      code: "already_running",
      message: expect.stringContaining("A control plane on this directory runs already"),
    });
    await sql`create table notes (id int)`.execute(first.kysely);
    await first.close();
    const next = await openDatabase({ dir });
    await sql`insert into notes values (1)`.execute(next.kysely);
    await next.close();
    rmSync(path.dirname(dir), { recursive: true });
  }, 60_000);

  it("says that a server cannot be reached, which one and why, and nothing of the password", async () => {
    await expect(openDatabase({ url: "postgres://postgres:secret@127.0.0.1:1/x" })).rejects.toMatchObject({
      code: "storage_unavailable",
      message: "The database at 127.0.0.1:1 cannot be reached: nobody listens there.",
    });
  });

  it("says which rights its role has to have", async () => {
    const server = await TemporaryPostgres.start();
    try {
      await server.execute("create role weak login");
      const url = new URL(server.tcpUrl());
      url.username = "weak";
      const refused = async (name: string, message: RegExp) => {
        url.pathname = `/${name}`;
        const database = await openDatabase({ url: url.href });
        await expect(migrate(database)).rejects.toMatchObject({
          code: "not_configured",
          message: expect.stringMatching(message),
        });
        await database.close();
      };
      await refused("postgres", /^CMDOP_DATABASE_URL: .*schema public.*owner of the database.*createrole/);
      await server.execute("create database weak owner weak");
      await refused("weak", /^CMDOP_DATABASE_URL: .*role.*owner of the database.*createrole/);
    } finally {
      await server.close();
    }
  });

  it("says what a server refuses of the URL, and what is no URL", async () => {
    const server = await TemporaryPostgres.start();
    try {
      await expect(openDatabase({ url: server.url("nowhere") })).rejects.toMatchObject({
        code: "not_configured",
        message: expect.stringMatching(/^CMDOP_DATABASE_URL: .* says: database "nowhere" does not exist\.$/),
      });
    } finally {
      await server.close();
    }
    for (const url of ["nonsense", "https://127.0.0.1/x"]) {
      await expect(openDatabase({ url })).rejects.toMatchObject({ code: "not_configured" });
    }
  });
});
