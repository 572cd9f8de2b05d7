import { SeededRandom, testSeed } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { scheduleLimits } from "./limits.ts";
import { type ActiveRun, planTick, type TickPlan } from "./plan-tick.ts";
import { jitterOf } from "./spread.ts";
import { scheduleOf } from "./testing/schedules.ts";
import { duesBetween } from "./timetable.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const noon = Date.UTC(2026, 5, 1, 12);
const hourly = { kind: "cron", expression: "0 * * * *" };
const everyMinute = { kind: "cron", expression: "* * * * *" };

interface Given {
  readonly spec?: object;
  readonly policies?: object;
  readonly lastDue?: number;
  readonly now?: number;
  readonly runsMade?: number;
  readonly active?: readonly ActiveRun[];
}

const tick = (given: Given): TickPlan =>
  planTick({
    schedule: scheduleOf({ ...hourly, ...given.spec }, given.policies),
    lastDue: given.lastDue ?? noon - hourMs,
    now: given.now ?? noon,
    runsMade: given.runsMade ?? 0,
    active: given.active ?? [],
  });

const times = (plan: TickPlan) => ({
  runs: plan.runs.map((run) => run.dueAt),
  passed: plan.passed.map((due) => due.dueAt),
});

describe("a tick", () => {
  it("makes one run of a due and says when the next is", () => {
    expect(tick({ now: noon + 5000 })).toEqual({
      runs: [{ dueAt: noon, notBefore: noon, isLate: false }],
      passed: [],
      cancel: [],
      lastDue: noon,
      nextAt: noon + hourMs,
      end: null,
    });
  });

  it("does nothing before the due and nothing twice", () => {
    const nothing = { runs: [], passed: [], cancel: [] };
    expect(tick({ now: noon - 1 })).toEqual({ ...nothing, lastDue: noon - hourMs, nextAt: noon, end: null });
    expect(tick({ lastDue: noon })).toEqual({ ...nothing, lastDue: noon, nextAt: noon + hourMs, end: null });
  });

  it("does nothing while paused", () => {
    expect(tick({ spec: { paused: true } })).toEqual({
      runs: [],
      passed: [],
      cancel: [],
      lastDue: noon - hourMs,
      nextAt: null,
      end: "paused",
    });
  });

  it("ends with the last run, with the end and with the one-off", () => {
    expect(tick({ spec: { maxRuns: 3 }, runsMade: 2 })).toMatchObject({ nextAt: null, end: "max_runs" });
    expect(tick({ spec: { maxRuns: 3 }, runsMade: 3 })).toMatchObject({
      runs: [],
      nextAt: null,
      end: "max_runs",
    });
    expect(tick({ spec: { endsAt: "2026-06-01T13:00Z" } })).toMatchObject({ nextAt: null, end: "ended" });
    const once = scheduleOf({ kind: "once", at: "2026-06-01T12:00Z" });
    const plan = planTick({ schedule: once, lastDue: 0, now: noon, runsMade: 0, active: [] });
    expect(times(plan)).toEqual({ runs: [noon], passed: [] });
    expect(plan.end).toBe("ended");
  });

  it("never starts more runs than maxRuns, even when many are due", () => {
    const plan = tick({
      spec: { ...everyMinute, maxRuns: 5 },
      policies: { misfire: { policy: "all", max: 100 }, overlap: "allow" },
      runsMade: 2,
    });
    expect(plan.runs).toHaveLength(3);
    expect(plan.end).toBe("max_runs");
  });
});

describe("misfire: dues noticed late", () => {
  const late = (misfire: object, now = noon + 10 * minuteMs) =>
    tick({
      policies: { misfire: { windowMs: 3 * hourMs, ...misfire }, overlap: "allow" },
      lastDue: noon - 5 * hourMs,
      now,
    });
  const hours = (...back: number[]): number[] => back.map((n) => noon - n * hourMs);

  it("a due within the grace is on time under every policy", () => {
    for (const policy of ["skip", "once", "all"]) {
      expect(times(late({ policy }, noon + minuteMs)).runs).toContain(noon);
    }
  });

  it("skip: none runs, each is recorded", () => {
    expect(times(late({ policy: "skip" }))).toEqual({ runs: [], passed: hours(4, 3, 2, 1, 0) });
  });

  it("once: the latest runs, the others are recorded", () => {
    expect(times(late({ policy: "once" }))).toEqual({ runs: hours(0), passed: hours(4, 3, 2, 1) });
  });

  it("once: a run that is on time makes up for the late ones", () => {
    expect(times(late({ policy: "once" }, noon))).toEqual({ runs: hours(0), passed: hours(4, 3, 2, 1) });
  });

  it("all: the latest run, as many as allowed, within the window", () => {
    expect(times(late({ policy: "all", max: 2 }))).toEqual({ runs: hours(1, 0), passed: hours(4, 3, 2) });
    expect(times(late({ policy: "all", max: 10 }))).toEqual({ runs: hours(2, 1, 0), passed: hours(4, 3) });
  });

  it("nothing older than the window runs", () => {
    expect(times(late({ policy: "once", windowMs: 5 * minuteMs }))).toEqual({
      runs: [],
      passed: hours(4, 3, 2, 1, 0),
    });
  });

  it("late runs start from now on, spread by the jitter", () => {
    const plan = tick({ policies: { jitterMs: 1000 }, now: noon + 10 * minuteMs });
    expect(plan.runs).toEqual([
      { dueAt: noon, notBefore: noon + 10 * minuteMs + jitterOf("sch_test", noon, 1000), isLate: true },
    ]);
  });
});

describe("overlap: an earlier run waits or runs", () => {
  const running: ActiveRun = { dueAt: noon - hourMs, phase: "running" };
  const waiting: ActiveRun = { dueAt: noon - minuteMs, phase: "waiting" };
  const overlap = (policy: string, ...active: ActiveRun[]) => tick({ policies: { overlap: policy }, active });

  it("skip: the due is recorded and does not run", () => {
    for (const active of [running, waiting, { ...running, phase: "cancelling" as const }]) {
      expect(overlap("skip", active)).toMatchObject({
        runs: [],
        passed: [{ dueAt: noon, firstDueAt: noon, count: 1, reason: "overlap" }],
      });
    }
    expect(times(overlap("skip")).runs).toEqual([noon]);
  });

  it("queue_one: one waits for the run, further ones are recorded", () => {
    expect(times(overlap("queue_one", running))).toEqual({ runs: [noon], passed: [] });
    expect(times(overlap("queue_one", running, waiting))).toEqual({ runs: [], passed: [noon] });
  });

  it("allow: they run beside each other, up to the limit", () => {
    expect(times(overlap("allow", running, waiting))).toEqual({ runs: [noon], passed: [] });
    const many = Array.from({ length: scheduleLimits.activeRunsMax }, (_, n) => ({ ...running, dueAt: n }));
    expect(overlap("allow", ...many)).toMatchObject({
      runs: [],
      passed: [{ dueAt: noon, reason: "too_many" }],
    });
  });

  it("cancel_running: what runs or waits is cancelled, once", () => {
    expect(overlap("cancel_running", running, waiting)).toMatchObject({
      runs: [{ dueAt: noon }],
      passed: [],
      cancel: [running.dueAt, waiting.dueAt],
    });
    expect(overlap("cancel_running", { ...running, phase: "cancelling" })).toMatchObject({
      runs: [{ dueAt: noon }],
      cancel: [],
    });
  });

  it("cancel_running: of several dues in one tick only the last runs", () => {
    const plan = tick({
      spec: everyMinute,
      policies: { overlap: "cancel_running", misfire: { policy: "all", max: 3 } },
      lastDue: noon - 3 * minuteMs,
      active: [running],
    });
    expect(times(plan)).toEqual({ runs: [noon], passed: [noon - 2 * minuteMs, noon - minuteMs] });
    expect(plan.cancel).toEqual([running.dueAt]);
  });

  it("skip: of several dues in one tick only the first runs", () => {
    const plan = tick({
      spec: everyMinute,
      policies: { misfire: { policy: "all" } },
      lastDue: noon - 3 * minuteMs,
    });
    expect(times(plan)).toEqual({ runs: [noon - 2 * minuteMs], passed: [noon - minuteMs, noon] });
  });
});

/** Ticks until nothing is left to settle at `now`. */
const settle = (given: Given & { lastDue: number; now: number }): { plans: TickPlan[]; lastDue: number } => {
  const plans: TickPlan[] = [];
  let lastDue = given.lastDue;
  for (let round = 0; round < 1000; round += 1) {
    const plan = tick({ ...given, lastDue });
    plans.push(plan);
    lastDue = plan.lastDue;
    if (plan.nextAt === null || plan.nextAt > given.now) return { plans, lastDue };
  }
  throw new Error("a tick that does not get on");
};

describe("an outage of days", () => {
  it.each(["skip", "once", "all"])("%s: bounded ticks settle every due exactly once", (policy) => {
    const outageMs = 2 * 24 * hourMs;
    const seconds = { kind: "cron", expression: "*/10 * * * * *", seconds: true };
    const now = noon + 9000;
    const { plans } = settle({
      spec: seconds,
      policies: { misfire: { policy, max: 100, windowMs: hourMs, graceMs: 0 }, overlap: "allow" },
      lastDue: noon - outageMs,
      now,
    });
    const counted = plans.flatMap((plan) => plan.passed).reduce((sum, due) => sum + due.count, 0);
    const runs = plans.flatMap((plan) => plan.runs.map((run) => run.dueAt));
    // `allow` is bounded too: of the latest 100 the oldest 16 run, the others are recorded.
    const expected = { skip: 0, once: 1, all: scheduleLimits.activeRunsMax }[policy];
    expect(runs).toHaveLength(expected ?? -1);
    expect(counted + runs.length).toBe(outageMs / 10_000);
    expect(Math.max(...plans.map((plan) => plan.passed.length))).toBeLessThanOrEqual(
      scheduleLimits.missedRowsMax + scheduleLimits.misfireMaxMax,
    );
    if (policy === "once") expect(runs).toEqual([noon]);
  });

  it("a due is not given up as missed because a tick looks at no more of them", () => {
    const { plans } = settle({
      spec: everyMinute,
      policies: { misfire: { policy: "all", max: 10, windowMs: 24 * hourMs, graceMs: 0 }, overlap: "allow" },
      lastDue: noon - (scheduleLimits.duesPerTickMax + 3) * minuteMs,
      now: noon + 1,
    });
    expect(plans).toHaveLength(2);
    expect(plans.flatMap((plan) => plan.runs.map((run) => run.dueAt))).toEqual(
      Array.from({ length: 10 }, (_, n) => noon - (9 - n) * minuteMs),
    );
  });

  it("the row that stands for many says from when to when and how many", () => {
    const plan = tick({
      spec: everyMinute,
      policies: { misfire: { policy: "skip", graceMs: 0 } },
      lastDue: noon - 300 * minuteMs,
      now: noon + 1,
    });
    expect(plan.passed).toHaveLength(scheduleLimits.missedRowsMax);
    expect(plan.passed[0]).toEqual({
      firstDueAt: noon - 299 * minuteMs,
      dueAt: noon - 99 * minuteMs,
      count: 201,
      reason: "missed",
    });
    expect(plan.passed[1]).toMatchObject({ dueAt: noon - 98 * minuteMs, count: 1 });
  });
});

describe("several tickers, rollbacks and clocks that jump", () => {
  const seed = testSeed();

  it(`give exactly one row per due (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let round = 0; round < 20; round += 1) {
      const zone = random.pick([
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
      ]);
      const expression = random.pick(["*/10 * * * *", "30 1-3 * * *", "*/7 2 * * *", "0 * * * *"]);
      const spec = {
        kind: "cron",
        expression,
        timezone: zone,
        dst: { gap: random.pick(["run_after", "skip"]), overlap: random.pick(["first", "last", "both"]) },
      };
      const schedule = scheduleOf(spec, {
        misfire: { policy: random.pick(["skip", "once", "all"]) },
        overlap: random.pick(["skip", "queue_one", "allow", "cancel_running"]),
      });
      const start = random.pick([
        Date.UTC(2026, 2, 6),
        Date.UTC(2026, 2, 27),
        Date.UTC(2026, 9, 2),
        Date.UTC(2026, 9, 23),
      ]);
      const rows = new Set<number>();
      let lastDue = start;
      let newest = start;
      let active: ActiveRun[] = [];
      for (let real = start; real < start + 72 * hourMs; real += random.int(1, 20) * minuteMs) {
        // Each process has a clock of its own, at times an hour off in either direction.
        const now = real + (random.chance(0.2) ? random.pick([-hourMs, hourMs]) : 0);
        const plan = planTick({ schedule, lastDue, now, runsMade: 0, active });
        if (random.chance(0.1)) continue;
        newest = Math.max(newest, now);
        for (const { dueAt } of [...plan.runs, ...plan.passed]) {
          expect(rows.has(dueAt)).toBe(false);
          rows.add(dueAt);
        }
        lastDue = plan.lastDue;
        active = [
          ...active.filter((run) => !plan.cancel.includes(run.dueAt)),
          ...plan.runs.map(({ dueAt }) => ({ dueAt, phase: "waiting" as const })),
        ].filter(() => random.chance(0.6));
      }
      const expected = duesBetween(schedule.spec, start, newest, 10_000).dues;
      expect([...rows].sort((a, b) => a - b)).toEqual(expected);
    }
  });
});

describe("jitter", () => {
  it("follows from the schedule and the due time, and spreads evenly", () => {
    const jitters = Array.from({ length: 10_000 }, (_, n) =>
      jitterOf(`sch_${n % 100}`, noon + n * 1000, 9999),
    );
    expect(jitterOf("sch_7", noon, 9999)).toBe(jitterOf("sch_7", noon, 9999));
    expect(Math.min(...jitters)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...jitters)).toBeLessThanOrEqual(9999);
    const tenths = Array.from(
      { length: 10 },
      (_, n) => jitters.filter((ms) => Math.floor(ms / 1000) === n).length,
    );
    // 1,000 each; five standard deviations are 150.
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(jitterOf("sch_7", noon, 0)).toBe(0);
  });
});
