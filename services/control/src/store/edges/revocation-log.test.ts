import { FakeClock, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeStorage, type TestStorage } from "../../adapters/postgres/testing/storage-engines.ts";
import type { ControlDatabase, Schema } from "../schema.ts";
import { UnitOfWork } from "../unit-of-work.ts";
import { openRevocationLog, purgeRevocations, type RevocationLog } from "./revocation-log.ts";

describeStorage("the revocation log", ({ engine, open }) => {
  const clock = new FakeClock();
  const before = new Date(clock.wallMs() - 1);
  let storage: TestStorage;
  let database: ControlDatabase;
  /** As two processes have it. */
  let logs: readonly RevocationLog[];

  beforeAll(async () => {
    storage = await open();
    database = await storage.create<Schema>();
    const opening = {
      database,
      clock,
      failed: (cause: unknown) => {
        throw cause;
      },
    };
    logs = [await openRevocationLog(opening), await openRevocationLog(opening)];
  }, 60_000);
  afterAll(async () => {
    for (const log of logs) await log.close();
    await storage.close();
  });

  /** The next revocations, so many of them old. */
  const add = (from: number, count: number, old: number): Promise<void> =>
    database.transaction(async (db) => {
      const rows = Array.from({ length: count }, (_, at) => ({
        seq: from + at,
        at: new Date(clock.wallMs() - (at < old ? 1_000 : 0)),
        subjects: [`tok_${from + at}`],
        reason: "test",
      }));
      for (let at = 0; at < rows.length; at += 1_000)
        await db
          .insertInto("revocations")
          .values(rows.slice(at, at + 1_000))
          .execute();
      await db
        .updateTable("audit_head")
        .set({ revocation_seq: from + count - 1 })
        .execute();
    });
  const purge = (): Promise<number> => database.transaction((db) => purgeRevocations(db, before));
  const bounds = () => Promise.all(logs.map((log) => log.bounds()));
  const row = (seq: number) => ({
    seq,
    previousSeq: seq - 1,
    subjects: ["tok_x"],
    reason: "test",
    atMs: clock.wallMs(),
  });
  const both = <Value>(value: Value): readonly Value[] => [value, value];

  it("has its oldest number in the database: what one process compacts, the others know", async () => {
    expect(await bounds()).toEqual(both({ head: 0, oldest: 0 }));
    await add(1, 5, 3);
    expect(await bounds()).toEqual(both({ head: 5, oldest: 0 }));
    const removed = await Promise.all([purge(), purge()]);
    expect(removed.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(await bounds()).toEqual(both({ head: 5, oldest: 3 }));
  });

  it("keeps its head when everything is removed, and counts on from there", async () => {
    await database.transaction((db) => purgeRevocations(db, new Date(clock.wallMs() + 1)));
    expect(await bounds()).toEqual(both({ head: 5, oldest: 5 }));
    expect(await purge()).toBe(0);
    await add(6, 1, 0);
    expect(await bounds()).toEqual(both({ head: 6, oldest: 5 }));
  });

  it("is compacted by pieces, so that nobody waits long for one", async () => {
    await database.transaction((db) => purgeRevocations(db, new Date(clock.wallMs() + 1)));
    await add(7, 6_000, 5_500);
    expect([await purge(), await purge(), await purge()]).toEqual([5_000, 500, 0]);
  });

  it("tells what this process commits at once, in order and once, after what others committed before", async () => {
    const [log] = logs as [RevocationLog, RevocationLog];
    const unitOfWork = new UnitOfWork(database, clock);
    const heard: number[] = [];
    unitOfWork.onRevoked((rows) => log.committed(rows));
    const { head } = await log.bounds();
    // What was added above without a notification: the first one of ours comes behind it.
    const stop = log.follow((rows) => heard.push(...rows.map(({ seq }) => seq)));
    const revoke = (): Promise<void> =>
      unitOfWork.write("all", { kind: "system", id: "test" }, { requestId: "test" }, async (tx) => {
        tx.audit({ action: "credential.revoke", body: {} });
        tx.revoke(["tok_x"], "test ".repeat(100));
      });
    await revoke();
    await waitFor(() => heard.at(-1) === head + 1, { what: "the numbers before" });
    await revoke();
    // Nothing was read in between: the transaction's own answer is the last that was waited for.
    expect(heard.at(-1)).toBe(head + 2);
    await add(head + 3, 1, 0);
    log.committed([row(head + 4)]);
    log.committed([row(head + 2)]);
    await add(head + 4, 1, 0);
    clock.advance(1_000);
    await waitFor(() => heard.at(-1) === head + 4, { what: "the number between" });
    stop();
    expect(heard).toEqual(Array.from(heard, (_, at) => (heard[0] as number) + at));
  });

  it("is current while its database answers; the embedded one has no other writer that it could miss", async () => {
    let isAway = false;
    const time = new FakeClock();
    const log = await openRevocationLog({
      database: {
        ...database,
        engine: database.engine,
        kysely: database.kysely,
        listen: async () => async () => undefined,
        vacuum: () => database.vacuum(),
        close: async () => undefined,
        transaction: (work, options) =>
          isAway ? Promise.reject(new Error("away")) : database.transaction(work, options),
      },
      clock: time,
      failed: () => undefined,
    });
    const looksOnFor = async (ms: number): Promise<void> => {
      for (let at = 0; at < ms; at += 500) {
        await waitFor(() => time.pending === 1, { what: "the next look" });
        time.advance(500);
      }
      await waitFor(() => time.pending === 1, { what: "the last look" });
    };
    await looksOnFor(4_000);
    expect(log.isCurrent).toBe(true);
    isAway = true;
    await looksOnFor(4_000);
    expect(log.isCurrent).toBe(engine === "pglite");
    isAway = false;
    await looksOnFor(500);
    expect(log.isCurrent).toBe(true);
    await log.close();
  });
});
