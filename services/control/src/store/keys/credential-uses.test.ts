import { Scope } from "@cmdop/base";
import { FakeClock, TemporaryPostgres, waitFor } from "@cmdop/testkit";
import { expect, it } from "vitest";
import { migrate } from "../../adapters/postgres/migrations.ts";
import { openDatabase } from "../../adapters/postgres/open-database.ts";
import type { ControlDatabase, Schema } from "../schema.ts";
import { createCredentialUses } from "./credential-uses.ts";

it("first uses that come while one is written are written together: one transaction runs, one waits", async () => {
  const started: PromiseWithResolvers<void>[] = [];
  const database = {
    transaction: async () => {
      const running = Promise.withResolvers<void>();
      started.push(running);
      await running.promise;
      return [];
    },
  };
  const uses = createCredentialUses({
    database: database as unknown as ControlDatabase,
    clock: { after: () => () => undefined },
    failed: (cause) => {
      throw cause;
    },
  });
  const record = (credentialId: string): void =>
    uses.record({ credentialId, atMs: 0, from: "127.0.0.1", isFirst: true });
  record("first");
  await Promise.resolve();
  for (let at = 0; at < 200; at += 1) record(`credential-${at % 20}`);
  const closed = uses.close();
  started[0]?.resolve();
  await new Promise(setImmediate);
  expect(started).toHaveLength(2);
  started[1]?.resolve();
  await closed;
});

it("a use of a credential that somebody holds waits for the next time and holds up no other", async () => {
  const scope = new Scope();
  try {
    const server = await TemporaryPostgres.start();
    scope.add(() => server.close());
    const database = await openDatabase<Schema>({ url: server.url(await server.createDatabase()) });
    scope.add(() => database.close());
    await migrate(database);
    const createdAt = new Date(0);
    const row = (id: string) => ({
      ...{
        id,
        kind: "edg" as const,
        hash: Buffer.from(id),
        fingerprint: id,
        name: id,
        created_at: createdAt,
      },
      client: JSON.stringify({}),
    });
    await database.kysely
      .insertInto("credentials")
      .values([row("held"), row("free")])
      .execute();
    const clock = new FakeClock(1_000);
    const failures: unknown[] = [];
    const uses = createCredentialUses({ database, clock, failed: (cause) => failures.push(cause) });
    const lastUses = async (): Promise<Readonly<Record<string, number | undefined>>> => {
      const rows = await database.kysely.selectFrom("credentials").select(["id", "last_used_at"]).execute();
      return Object.fromEntries(rows.map(({ id, last_used_at }) => [id, last_used_at?.getTime()]));
    };
    for (const credentialId of ["held", "free", "gone"])
      uses.record({ credentialId, atMs: 5_000, from: "127.0.0.1", isFirst: false });

    const release = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    const holding = database.transaction(async (db) => {
      await db.selectFrom("credentials").select("id").where("id", "=", "held").forUpdate().execute();
      taken.resolve();
      await release.promise;
    });
    await taken.promise;
    clock.advance(10_000);
    await waitFor(async () => (await lastUses()).free === 5_000);
    expect((await lastUses()).held).toBeUndefined();
    release.resolve();
    await holding;
    clock.advance(10_000);
    await waitFor(async () => (await lastUses()).held === 5_000);
    await uses.close();
    expect(failures).toEqual([]);
  } finally {
    await scope.close();
  }
}, 60_000);
