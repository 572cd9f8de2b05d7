// A flood of requests that wait for the database: those that may wait are served, one more is told to come back.
import { once } from "node:events";
import { Scope } from "@cmdop/base";
import { waitFor } from "@cmdop/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture, type TestAccount } from "../../testing/control-fixture.ts";
import { storageLimits } from "./limits.ts";
import { openDatabase } from "./open-database.ts";
import { describeStorage, type TestStorage } from "./testing/storage-engines.ts";

describeStorage("a flood of transactions", ({ open }) => {
  const scope = new Scope();
  let storage: TestStorage;
  beforeAll(async () => {
    storage = await open([]);
    scope.add(() => storage.close());
  }, 60_000);
  afterAll(() => scope.close());

  it("is refused above what may wait, and the rest is served", async () => {
    const database = await openDatabase<unknown>(await storage.place());
    scope.add(() => database.close());
    const connections = database.engine === "pglite" ? 1 : storageLimits.poolConnections;
    const gate = new EventTarget();
    const opened = once(gate, "open");
    const holders = Array.from({ length: connections }, () => database.transaction(() => opened));
    await waitFor(() => database.pool.connections === connections && database.pool.waiting === 0, {
      what: "every connection to be held",
    });
    const one = () => database.transaction((db) => sql<{ n: number }>`select 1 as n`.execute(db));
    const flood = Array.from({ length: storageLimits.waitingMax + 50 }, () =>
      one().then(
        ({ rows }) => rows[0]?.n,
        (error: unknown) => error,
      ),
    );
    await waitFor(() => database.pool.waiting === storageLimits.waitingMax, { what: "a full queue" });
    gate.dispatchEvent(new Event("open"));
    const results = await Promise.all(flood);
    await Promise.all(holders);
    const refused = results.filter((result) => result !== 1);
    expect(refused).toHaveLength(50);
    expect(refused[0]).toMatchObject({ code: "storage_busy", retryAfterMs: storageLimits.busyRetryAfterMs });
    expect((await one()).rows).toEqual([{ n: 1 }]);
  });
});

describe("a request that finds too many before it", () => {
  let fixture: ControlFixture;
  let owner: TestAccount;
  beforeAll(async () => {
    fixture = await ControlFixture.open();
    owner = await fixture.addAccount("ada", "owner");
  }, 60_000);
  afterAll(() => fixture.close());

  it("is answered 503 with a time to come back, and is served then", async () => {
    const { unitOfWork } = fixture.control.services;
    const gate = new EventTarget();
    const opened = once(gate, "open");
    let holder: Promise<unknown> = Promise.resolve();
    // It has the only connection before the others queue: nothing that runs beside them makes room.
    await new Promise<void>((resolve) => {
      holder = unitOfWork.read("all", async () => {
        resolve();
        await opened;
      });
    });
    const waiting = Array.from({ length: storageLimits.waitingMax }, () =>
      unitOfWork.read("all", async () => undefined).catch((error: unknown) => error),
    );
    const ask = () => fixture.ask("GET", "/v1/fleets", { token: owner.token });
    const refused = await ask();
    expect([refused.status, refused.body.code, refused.headers["retry-after"]]).toEqual([
      503,
      "storage_busy",
      "1",
    ]);
    gate.dispatchEvent(new Event("open"));
    await Promise.all([holder, ...waiting]);
    expect((await ask()).status).toBe(200);
  });
});
