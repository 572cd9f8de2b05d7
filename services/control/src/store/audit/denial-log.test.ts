import { systemClock } from "@cmdop/base";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeStorage, type TestStorage } from "../../adapters/postgres/testing/storage-engines.ts";
import type { ControlDatabase, Schema } from "../schema.ts";
import { UnitOfWork } from "../unit-of-work.ts";
import { createDenialLog } from "./denial-log.ts";

describeStorage("the log of denials", ({ open }) => {
  let storage: TestStorage;
  let database: ControlDatabase;
  beforeAll(async () => {
    storage = await open();
    database = await storage.create<Schema>();
  }, 60_000);
  afterAll(() => storage.close());

  it("keeps what is denied inside a transaction, which is then rolled back", async () => {
    const unitOfWork = new UnitOfWork(database, systemClock);
    const failures: unknown[] = [];
    const denials = createDenialLog({ unitOfWork, nowMs: Date.now, failed: (cause) => failures.push(cause) });
    const actor = { kind: "account", id: "acc_1" } as const;
    const denied = unitOfWork.read([], async () => {
      denials.record({ actor, origin: { requestId: "one" }, operation: "openSession", reason: "no_right" });
      throw new Error("denied");
    });
    await expect(denied).rejects.toThrow("denied");
    await denials.flush();
    expect(failures).toEqual([]);
    const entries = await unitOfWork.read("all", (db) =>
      db.selectFrom("audit_entries").select(["action", "outcome", "target_id"]).execute(),
    );
    expect(entries).toEqual([{ action: "request.denied", outcome: "denied", target_id: "openSession" }]);
  });
});
