import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock, systemRandom } from "@cmdop/base";
import { FakeClock, SeededRandom, waitFor } from "@cmdop/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDatabase } from "../adapters/postgres/open-database.ts";
import { describeStorage, type TestStorage } from "../adapters/postgres/testing/storage-engines.ts";
import { duesBetween } from "../core/schedules/timetable.ts";
import type { CommandRunner } from "../ports.ts";
import type { Schema } from "../store/schema.ts";
import { UnitOfWork } from "../store/unit-of-work.ts";
import { schedulerLimits } from "./limits.ts";
import { Scheduler } from "./scheduler.ts";
import { addFleet, addSchedule } from "./testing/schedule-rows.ts";

const rounds = { pglite: 2, postgres: 4 } as const;

describeStorage("a scheduler that is killed", ({ engine, open }) => {
  let storage: TestStorage;
  let directory: string;

  beforeAll(async () => {
    storage = await open();
    directory = mkdtempSync(path.join(tmpdir(), "cmdop-scheduler-"));
  }, 60_000);
  afterAll(async () => {
    await storage.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("leaves one trace of each due, and no command is started twice", async () => {
    const seed = Number(process.env.CMDOP_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const random = new SeededRandom(seed);
    const place = await storage.place();
    const file = path.join(directory, "started");
    const spec = { kind: "interval", everyS: 1 } as const;
    const policies = { overlap: "allow", misfire: { policy: "all", max: 100, graceMs: 0 } } as const;

    const first = await openDatabase<Schema>(place);
    const setUp = new UnitOfWork(first, systemClock);
    const fleet = await addFleet(setUp, "crashing");
    const id = await addSchedule(setUp, fleet, { name: "each-second", spec, policies });
    await first.close();

    const startedNames = () =>
      existsSync(file)
        ? readFileSync(file, "utf8")
            .split("\n")
            .filter((line) => line !== "")
        : [];
    for (let round = 0; round < rounds[engine]; round += 1) {
      const child = spawn(
        process.execPath,
        [
          "--disable-warning=ExperimentalWarning",
          path.join(import.meta.dirname, "testing/scheduler-loop.ts"),
          JSON.stringify(place),
          file,
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      await once(child.stdout, "data");
      if (round === 0) await waitFor(() => startedNames().length > 0, { timeoutMs: 15_000 });
      // Not a wait for something: the point in time at which it dies.
      await pause(random.int(0, 1_500));
      child.kill("SIGKILL");
      await once(child, "exit");
    }

    const database = await openDatabase<Schema>(place);
    const clock = new FakeClock(Date.now() + schedulerLimits.leaseMs + 1_000);
    const unitOfWork = new UnitOfWork(database, clock);
    // Whatever was started has ended well; nothing new may be started for a run that was begun.
    const lateStarts: string[] = [];
    const runner: CommandRunner = {
      start: async ({ sessionName }) => {
        lateStarts.push(sessionName);
        return { kind: "started", sessionId: `ses_${sessionName}` };
      },
      find: async ({ sessionName }) =>
        startedNames().includes(sessionName) ? `ses_${sessionName}` : undefined,
      outcome: async () => ({ kind: "exited", exitCode: 0, signal: null, outputBytes: 0 }),
      cancel: async () => undefined,
    };
    const failures: unknown[] = [];
    const survivor = new Scheduler({
      database,
      unitOfWork,
      runner,
      clock,
      random: systemRandom,
      holder: "survivor",
      tzData: "",
      failed: (cause) => failures.push(cause),
    });
    const runs = () =>
      unitOfWork.read("all", (db) =>
        db.selectFrom("schedule_runs").selectAll().where("schedule_id", "=", id).orderBy("due_at").execute(),
      );
    try {
      await survivor.start();
      await waitFor(async () => (await runs()).every((run) => run.finished_at !== null), {
        timeoutMs: 15_000,
        what: "the end of every run",
      });
    } finally {
      await survivor.close();
    }

    const { passed, row } = await unitOfWork.read("all", async (db) => ({
      passed: await db.selectFrom("passed_dues").selectAll().where("schedule_id", "=", id).execute(),
      row: await db.selectFrom("schedules").selectAll().where("id", "=", id).executeTakeFirstOrThrow(),
    }));
    const dues = duesBetween(row.spec, row.created_at.getTime(), row.last_due.getTime(), 100_000).dues;
    const made = await runs();
    const traces = made.length + passed.reduce((sum, one) => sum + one.count, 0);
    expect(traces, `seed ${seed}`).toBe(dues.length);
    expect(new Set(made.map((run) => run.due_at.getTime())).size).toBe(made.length);
    const all = [...startedNames(), ...lateStarts];
    expect(new Set(all).size, `seed ${seed}`).toBe(all.length);
    expect(startedNames().length).toBeGreaterThan(0);
    // Of each run that exists the command was started once, or the run says that nobody knows.
    const lost = made.filter((run) => run.status === "lost").length;
    expect(all.length + lost, `seed ${seed}`).toBe(made.length);
    expect(failures).toEqual([]);
    await database.close();
  }, 60_000);
});
