import { Scope } from "@cmdop/base";
import { FakeClock, waitFor } from "@cmdop/testkit";
import pino from "pino";
import { expect, it } from "vitest";
import { migrate } from "../adapters/postgres/migrations.ts";
import { describeStorage } from "../adapters/postgres/testing/storage-engines.ts";
import type { Schema } from "../store/schema.ts";
import { startUpkeep } from "./upkeep.ts";

const hourMs = 3_600_000;

describeStorage("upkeep", ({ open }) => {
  it("forgets the keys of requests that can no longer be repeated, and no younger ones", async () => {
    const database = await (await open()).create<Schema>();
    await migrate(database);
    const clock = new FakeClock();
    const scope = new Scope();
    const lines: string[] = [];
    const log = pino({ messageKey: "event" }, { write: (line: string) => lines.push(line) });
    const ages = { old: 25, young: 2 };
    await database.transaction(async (db) => {
      for (const [key, hours] of Object.entries(ages)) {
        await db
          .insertInto("idempotency_keys")
          .values({
            principal_id: "somebody",
            key,
            request_hash: Buffer.alloc(32),
            status: 200,
            created_at: new Date(clock.wallMs() - hours * hourMs),
          })
          .execute();
      }
    });
    startUpkeep(scope, { database, clock, log });
    clock.advance(hourMs / 2);
    await waitFor(() => lines.some((line) => line.includes("upkeep.")));
    expect(lines.join("")).toContain("upkeep.done");
    const left = await database.transaction((db) =>
      db.selectFrom("idempotency_keys").select("key").execute(),
    );
    expect(left).toEqual([{ key: "young" }]);
    await scope.close();
  });

  it("forgets revocations that no edge can need, from the oldest to the first that one can", async () => {
    const database = await (await open()).create<Schema>();
    await migrate(database);
    const clock = new FakeClock();
    const scope = new Scope();
    const lines: string[] = [];
    const log = pino({ messageKey: "event" }, { write: (line: string) => lines.push(line) });
    // The fourth was numbered by a process whose clock was behind.
    const hours = [100, 99, 71, 73, 1];
    await database.transaction(async (db) => {
      for (const [at, age] of hours.entries()) {
        const when = new Date(clock.wallMs() - age * hourMs);
        await db
          .insertInto("revocations")
          .values({ seq: at + 1, at: when, subjects: [`tok_${at}`], reason: "test" })
          .execute();
      }
      await db.updateTable("audit_head").set({ revocation_seq: hours.length }).execute();
    });
    startUpkeep(scope, { database, clock, log });
    clock.advance(hourMs / 2);
    await waitFor(() => lines.some((line) => line.includes("upkeep.done")));
    const left = await database.transaction((db) =>
      db.selectFrom("revocations").select("seq").orderBy("seq").execute(),
    );
    expect(left.map(({ seq }) => Number(seq))).toEqual([3, 4, 5]);
    await scope.close();
  });
});
