import { type Clock, systemRandom } from "@cmdop/base";
import { FakeClock, SeededRandom, waitFor } from "@cmdop/testkit";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openDatabase } from "../adapters/postgres/open-database.ts";
import { describeStorage, type TestStorage } from "../adapters/postgres/testing/storage-engines.ts";
import { specOf } from "../core/schedules/testing/schedules.ts";
import { duesBetween } from "../core/schedules/timetable.ts";
import { cancelActiveRuns, wakeSchedulers } from "../store/schedules/schedules.ts";
import type { ControlDatabase, Schema } from "../store/schema.ts";
import { UnitOfWork } from "../store/unit-of-work.ts";
import { Scheduler } from "./scheduler.ts";
import { schedulerStep } from "./scheduler-step.ts";
import { settleSchedules } from "./settle-schedules.ts";
import { FakeMachines } from "./testing/fake-machines.ts";
import { addFleet, addSchedule, type FleetRows } from "./testing/schedule-rows.ts";

/** Columns of a machine that say nothing here. */
const absent = {
  facts: null,
  ephemeral_after_ms: null,
  disabled_reason: null,
  generation_mark: null,
  online_edge: null,
} as const;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

describeStorage("the scheduler", ({ engine, open }) => {
  let storage: TestStorage;
  let database: ControlDatabase;
  let clock: FakeClock;
  let unitOfWork: UnitOfWork;
  let fleet: FleetRows;
  let machines: FakeMachines;
  const schedulers: Scheduler[] = [];
  const failures: unknown[] = [];

  beforeAll(async () => {
    storage = await open();
    database = await storage.create<Schema>();
  }, 60_000);
  afterAll(() => storage.close());

  const begin = async (): Promise<void> => {
    clock = new FakeClock(Date.UTC(2026, 9, 24, 12));
    unitOfWork = new UnitOfWork(database, clock);
    machines = new FakeMachines();
    fleet = await addFleet(unitOfWork, `fleet-${Math.random().toString(36).slice(2)}`);
  };

  afterEach(async () => {
    for (const one of schedulers.splice(0)) await one.close();
    await schedulerStep(unitOfWork, async ({ db }) => {
      await db.deleteFrom("fleets").execute();
    });
    expect(failures.splice(0)).toEqual([]);
  });

  const scheduler = (holder: string, tzData = "test", at: Clock = clock): Scheduler => {
    const one = new Scheduler({
      database,
      unitOfWork,
      runner: machines.runner(),
      clock: at,
      random: systemRandom,
      holder,
      tzData,
      failed: (cause) => failures.push(cause),
    });
    schedulers.push(one);
    return one;
  };

  const runsOf = (scheduleId: string) =>
    unitOfWork.read("all", (db) =>
      db
        .selectFrom("schedule_runs")
        .selectAll()
        .where("schedule_id", "=", scheduleId)
        .orderBy("due_at")
        .execute(),
    );
  const statusesOf = async (scheduleId: string) => (await runsOf(scheduleId)).map((run) => run.status);
  const executionsOf = async (runId: string) =>
    unitOfWork.read("all", (db) =>
      db
        .selectFrom("run_executions")
        .select(["attempt", "machine_id", "status", "session_id", "exit_code", "error_code"])
        .where("run_id", "=", runId)
        .orderBy("attempt")
        .orderBy("machine_id")
        .execute(),
    );
  const revocationSeq = async () => {
    const head = await unitOfWork.read("all", (db) =>
      db.selectFrom("audit_head").select("revocation_seq").executeTakeFirstOrThrow(),
    );
    return Number(head.revocation_seq);
  };
  const scheduleRow = (id: string) =>
    unitOfWork.read("all", (db) =>
      db.selectFrom("schedules").selectAll().where("id", "=", id).executeTakeFirstOrThrow(),
    );

  it("runs a due command once and records its session and exit code", async () => {
    await begin();
    const id = await addSchedule(unitOfWork, fleet, {
      name: "hourly",
      spec: { kind: "cron", expression: "0 * * * *" },
      command: { argv: ["sh", "-c", "echo hi"], cwd: "/tmp" },
    });
    const one = scheduler("one");
    await one.pass();
    expect(await runsOf(id)).toEqual([]);
    clock.advance(hourMs);
    await one.pass();
    await waitFor(async () => (await statusesOf(id))[0] === "succeeded");
    const [run] = await runsOf(id);
    expect(run).toMatchObject({ attempt: 1, exit_code: 0, trigger: "due", lease_holder: null });
    expect(await executionsOf(run?.id ?? "")).toMatchObject([
      { machine_id: "mch_one", status: "succeeded", session_id: "ses_1", exit_code: 0 },
    ]);
    expect(machines.started.map(({ command, place }) => ({ command, operator: place.operator }))).toEqual([
      {
        command: { argv: ["sh", "-c", "echo hi"], cwd: "/tmp", timeoutMs: hourMs },
        operator: "schedule:hourly",
      },
    ]);
    expect(await scheduleRow(id)).toMatchObject({ last_run_status: "succeeded", runs_made: 1 });
  });

  it("wakes for the nearest due by itself, and for what waits behind a run when that ends", async () => {
    await begin();
    machines.endsAtOnce = false;
    const id = await addSchedule(unitOfWork, fleet, {
      name: "busy",
      spec: { kind: "interval", everyS: 60 },
      policies: { overlap: "queue_one" },
    });
    await scheduler("one").start();
    await waitFor(() => clock.pending === 1);
    clock.advance(minuteMs);
    await waitFor(() => machines.started.length === 1);
    await waitFor(() => clock.pending === 1);
    clock.advance(minuteMs);
    await waitFor(async () => (await statusesOf(id)).join() === "running,waiting");
    machines.of("ses_1").end({ kind: "exited", exitCode: 3, signal: null, outputBytes: 0 });
    await waitFor(async () => (await statusesOf(id)).join() === "failed,running");
    expect(machines.started).toHaveLength(2);
    machines.of("ses_2").end({ kind: "exited", exitCode: 0, signal: null, outputBytes: 0 });
    await waitFor(async () => (await statusesOf(id)).join() === "failed,succeeded");
  });

  it("tries again only the machines on which it failed, and says in the end what the worst one did", async () => {
    await begin();
    machines.refusals.set("mch_b", { kind: "offline", code: "machine_offline" });
    const id = await addSchedule(unitOfWork, fleet, {
      name: "retried",
      spec: { kind: "cron", expression: "0 * * * *" },
      policies: { retry: { max: 1, firstMs: 1000, maxMs: 1000 } },
      machines: ["mch_a", "mch_b"],
    });
    const one = scheduler("one");
    clock.advance(hourMs);
    await one.pass();
    await waitFor(async () => (await runsOf(id))[0]?.attempt === 2);
    // The end of an attempt wakes it: a pass of ours beside its own would find the schedule locked.
    await waitFor(() => clock.pending === 1);
    clock.advance(2000);
    await waitFor(async () => (await statusesOf(id))[0] === "offline");
    const [run] = await runsOf(id);
    expect(run?.error_code).toBe("machine_offline");
    const tried = (await executionsOf(run?.id ?? "")).map((one) => [one.attempt, one.machine_id, one.status]);
    expect(tried).toEqual([
      [1, "mch_a", "succeeded"],
      [1, "mch_b", "offline"],
      [2, "mch_b", "offline"],
    ]);
  });

  it("refuses to run for somebody who may not any more, pauses the schedule and starts nothing", async () => {
    await begin();
    const id = await addSchedule(unitOfWork, fleet, {
      name: "orphan",
      spec: { kind: "cron", expression: "0 * * * *" },
    });
    await schedulerStep(unitOfWork, async ({ db }) => {
      await db
        .updateTable("memberships")
        .set({ role: "viewer" })
        .where("account_id", "=", fleet.accountId)
        .execute();
    });
    clock.advance(hourMs);
    await scheduler("one").pass();
    const [run] = await runsOf(id);
    expect(run).toMatchObject({ status: "refused", status_reason: "right_missing" });
    expect(await scheduleRow(id)).toMatchObject({
      paused_reason: "right_missing",
      next_at: null,
      wake_at: null,
    });
    expect(machines.started).toEqual([]);
  });

  it("runs on the machines that have the tag when it fires, and not on disabled ones", async () => {
    await begin();
    const id = await addSchedule(unitOfWork, fleet, {
      name: "tagged",
      spec: { kind: "cron", expression: "0 * * * *" },
      target: { kind: "tag", tag: "web" },
    });
    const machine = (name: string, tags: string[], disabledAt: Date | null) => ({
      id: `mch_${fleet.fleetId.slice(4, 12)}${name}`,
      fleet_id: fleet.fleetId,
      name,
      hostname: name,
      tags,
      created_at: new Date(clock.wallMs()),
      joined_with: "test",
      disabled_at: disabledAt,
      last_contact_at: new Date(clock.wallMs()),
    });
    await schedulerStep(unitOfWork, async ({ db, now }) => {
      await db
        .insertInto("machines")
        .values([
          { ...machine("a", ["web", "eu"], null), ...absent },
          { ...machine("b", ["db"], null), ...absent },
          { ...machine("c", ["web"], now), ...absent },
        ])
        .execute();
    });
    clock.advance(hourMs);
    await scheduler("one").pass();
    await waitFor(async () => (await statusesOf(id))[0] === "succeeded");
    expect(machines.started.map(({ place }) => place.machineId.slice(-1))).toEqual(["a"]);
  });

  it("ends what runs when it is cancelled, and says so", async () => {
    await begin();
    machines.endsAtOnce = false;
    const id = await addSchedule(unitOfWork, fleet, {
      name: "cancelled",
      spec: { kind: "cron", expression: "0 * * * *" },
    });
    await scheduler("one").start();
    await waitFor(() => clock.pending === 1);
    clock.advance(hourMs);
    await waitFor(async () => (await executionsOf((await runsOf(id))[0]?.id ?? ""))[0]?.status === "running");
    await schedulerStep(unitOfWork, async (tx) => {
      await cancelActiveRuns(tx.db, { scheduleId: id, reason: "asked", now: tx.now });
      await wakeSchedulers(tx.db);
    });
    await waitFor(async () => (await statusesOf(id))[0] === "cancelled");
    expect(machines.cancelled).toEqual(["ses_1"]);
  });

  it("follows what a process left behind, and starts nothing again", async () => {
    await begin();
    machines.endsAtOnce = false;
    const id = await addSchedule(unitOfWork, fleet, {
      name: "left",
      spec: { kind: "cron", expression: "0 * * * *" },
    });
    const first = scheduler("first");
    clock.advance(hourMs);
    await first.pass();
    await waitFor(async () => (await executionsOf((await runsOf(id))[0]?.id ?? ""))[0]?.status === "running");
    // Its lease runs out while it is stopped, and somebody is revoked meanwhile.
    const before = await revocationSeq();
    await schedulerStep(unitOfWork, async (tx) => tx.revoke(["acc_other"], "test"));
    clock.advance(31_000);
    const second = scheduler("second");
    await second.pass();
    expect((await runsOf(id))[0]).toMatchObject({ lease_holder: "second", fence: 2 });
    // What each of them shows a relay is as old as what it read.
    await waitFor(() => machines.followed.length === 2);
    const subjects = [fleet.accountId, fleet.fleetId, "mch_one"];
    expect(machines.followed).toMatchObject([
      { subjects, revSeq: before },
      { subjects, revSeq: before + 1 },
    ]);
    machines.of("ses_1").end({ kind: "exited", exitCode: 0, signal: null, outputBytes: 0 });
    await waitFor(async () => (await statusesOf(id))[0] === "succeeded");
    expect(machines.started).toHaveLength(1);
  });

  it("records as lost what nobody can find, and does not run it again", async () => {
    await begin();
    const id = await addSchedule(unitOfWork, fleet, {
      name: "lost",
      spec: { kind: "cron", expression: "0 * * * *" },
      policies: { retry: { max: 3, firstMs: 1000, maxMs: 1000 } },
    });
    clock.advance(hourMs);
    // A process that took the run and died before it asked the machine.
    const { claimed } = await schedulerStep(unitOfWork, (tx) =>
      settleSchedules(tx, { random: systemRandom, room: 1, holder: "dead", leaseMs: 30_000 }),
    );
    expect(claimed).toHaveLength(1);
    clock.advance(31_000);
    await scheduler("second").pass();
    await waitFor(async () => (await statusesOf(id))[0] === "lost");
    expect(machines.started).toEqual([]);
  });

  it("gives its runs away at its end, at once", async () => {
    await begin();
    machines.endsAtOnce = false;
    const id = await addSchedule(unitOfWork, fleet, {
      name: "handed",
      spec: { kind: "cron", expression: "0 * * * *" },
    });
    const first = scheduler("first");
    clock.advance(hourMs);
    await first.pass();
    await waitFor(async () => (await executionsOf((await runsOf(id))[0]?.id ?? ""))[0]?.status === "running");
    await first.close();
    await scheduler("second").pass();
    expect((await runsOf(id))[0]).toMatchObject({ lease_holder: "second", status: "running" });
  });

  it("computes what is due next anew when tz data has changed", async () => {
    await begin();
    const id = await addSchedule(unitOfWork, fleet, {
      name: "zoned",
      spec: { kind: "cron", expression: "0 9 * * *", timezone: "Europe/Berlin" },
    });
    const { next_at: right } = await scheduleRow(id);
    await schedulerStep(unitOfWork, async ({ db }) => {
      await db
        .updateTable("schedules")
        .set({ next_at: new Date(0) })
        .where("id", "=", id)
        .execute();
    });
    await scheduler("one", "another").start();
    expect((await scheduleRow(id)).next_at).toEqual(right);
  });

  it("makes exactly one row of each due, with six tickers of which each tenth step fails", async () => {
    const seed = Number(process.env.CMDOP_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const random = new SeededRandom(seed);
    const place = await storage.place();
    // The embedded engine is one process's: there they race for its one connection.
    const count = engine === "postgres" ? 6 : 1;
    const opened = await Promise.all(Array.from({ length: count }, () => openDatabase<Schema>(place)));
    try {
      clock = new FakeClock(Date.UTC(2026, 9, 24, 22));
      // The steps that fail do so after everything is written and before it is committed.
      const failing = (inner: ControlDatabase): ControlDatabase => ({
        ...inner,
        engine: inner.engine,
        kysely: inner.kysely,
        listen: (channel, wake) => inner.listen(channel, wake),
        vacuum: () => inner.vacuum(),
        close: () => inner.close(),
        transaction: (work, options) =>
          inner.transaction(async (db) => {
            const result = await work(db);
            if (random.chance(0.1)) throw new Error("rolled back");
            return result;
          }, options),
      });
      unitOfWork = new UnitOfWork(opened[0] as ControlDatabase, clock);
      const tickers = Array.from(
        { length: 6 },
        (_, index) => new UnitOfWork(failing(opened[index % count] as ControlDatabase), clock),
      );
      fleet = await addFleet(unitOfWork, "night");
      const specs = [
        { kind: "cron", expression: "*/7 * * * *", timezone: "Europe/Berlin" },
        { kind: "cron", expression: "30 2 * * *", timezone: "Europe/Berlin", dst: { overlap: "both" } },
        { kind: "cron", expression: "15,45 * * * *", timezone: "Australia/Lord_Howe" },
        { kind: "interval", everyS: 300 },
      ] as const;
      const from = clock.wallMs();
      const ids: string[] = [];
      for (const [index, spec] of specs.entries()) {
        ids.push(
          await addSchedule(unitOfWork, fleet, {
            name: `night-${index}`,
            spec,
            policies: { overlap: "allow", misfire: { policy: "all", max: 100 } },
          }),
        );
      }
      for (let minute = 0; minute < 6 * 60; minute += 5) {
        clock.advance(5 * minuteMs);
        // Until nothing is left of this moment: a step that failed is taken up by another ticker.
        await waitFor(async () => {
          await Promise.allSettled(
            tickers.map((ticker, index) =>
              schedulerStep(ticker, (tx) =>
                settleSchedules(tx, {
                  random: systemRandom,
                  room: 0,
                  holder: `ticker-${index}`,
                  leaseMs: 30_000,
                }),
              ),
            ),
          );
          const left = await unitOfWork.read("all", (db) =>
            db
              .selectFrom("schedules")
              .select("id")
              .where("next_at", "<=", new Date(clock.wallMs()))
              .execute(),
          );
          return left.length === 0;
        });
        // Whatever was made is over, so that no limit on active runs is in the way.
        await schedulerStep(unitOfWork, async ({ db, now }) => {
          await db
            .updateTable("schedule_runs")
            .set({ status: "succeeded", finished_at: now })
            .where("status", "=", "waiting")
            .execute();
        });
      }
      for (const [index, spec] of specs.entries()) {
        const due = duesBetween(specOf(spec, from), from, clock.wallMs(), 10_000).dues;
        const made = (await runsOf(ids[index] ?? "")).map((run) => run.due_at.getTime());
        expect(made, `seed ${seed}, ${JSON.stringify(spec)}`).toEqual([...due]);
        // Counted once each: the row's lock and not the unique key alone is what keeps them apart.
        expect((await scheduleRow(ids[index] ?? "")).runs_made, `seed ${seed}`).toBe(due.length);
      }
    } finally {
      for (const one of opened) await one.close();
      unitOfWork = new UnitOfWork(database, clock);
    }
  }, 60_000);
});
