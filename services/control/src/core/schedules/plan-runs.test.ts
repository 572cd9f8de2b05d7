import { describe, expect, it } from "vitest";
import { type AttemptOutcome, type LiveRun, planAfterAttempt, planRuns } from "./plan-runs.ts";
import { scheduleOf } from "./testing/schedules.ts";

const now = Date.UTC(2026, 5, 1, 12);
const timeoutMs = 10_000;
const waiting = (dueAt: number, notBefore = now): LiveRun => ({ phase: "waiting", dueAt, notBefore });
const running = (dueAt: number, startedAt = now): LiveRun => ({ phase: "running", dueAt, startedAt });

const plan = (overlap: string, ...runs: LiveRun[]) =>
  planRuns(scheduleOf({ kind: "interval", everyS: 60 }, { overlap, timeoutMs }).policies, runs, now);

describe("runs that exist", () => {
  it.each(["skip", "queue_one", "cancel_running"])("%s: one runs at a time, the oldest first", (overlap) => {
    expect(plan(overlap, waiting(2), waiting(1))).toEqual({
      start: [1],
      timeOut: [],
      waitUntil: now + timeoutMs,
    });
    expect(plan(overlap, running(1, now - 1), waiting(2))).toMatchObject({ start: [] });
    expect(plan(overlap, { phase: "cancelling", dueAt: 1 }, waiting(2))).toEqual({
      start: [],
      timeOut: [],
      waitUntil: null,
    });
  });

  it("a run that waits for its next attempt is not overtaken", () => {
    expect(plan("queue_one", waiting(1, now + 500), waiting(2))).toEqual({
      start: [],
      timeOut: [],
      waitUntil: now + 500,
    });
  });

  it("allow: all whose time has come start, up to the limit", () => {
    expect(plan("allow", waiting(1), waiting(2), waiting(3, now + 7), running(0))).toEqual({
      start: [1, 2],
      timeOut: [],
      waitUntil: now + 7,
    });
    const many = Array.from({ length: 20 }, (_, n) => waiting(n));
    expect(plan("allow", running(100), ...many).start).toHaveLength(15);
  });

  it("what has run for its timeout is ended, not a moment before", () => {
    expect(plan("skip", running(1, now - timeoutMs))).toEqual({ start: [], timeOut: [1], waitUntil: null });
    expect(plan("skip", running(1, now - timeoutMs + 1))).toEqual({
      start: [],
      timeOut: [],
      waitUntil: now + 1,
    });
  });
});

describe("after an attempt", () => {
  const after = (outcome: AttemptOutcome, attempt: number, retry: object) =>
    planAfterAttempt({
      schedule: scheduleOf({ kind: "interval", everyS: 60 }, { retry }),
      dueAt: now,
      attempt,
      outcome,
      now,
    });

  it("only the named causes are tried again, as often as allowed", () => {
    expect(after("failure", 1, {})).toEqual({ kind: "done", outcome: "failure" });
    expect(after("failure", 1, { max: 2, on: ["offline"] })).toEqual({ kind: "done", outcome: "failure" });
    expect(after("offline", 2, { max: 2, on: ["offline"] })).toMatchObject({ kind: "retry", attempt: 3 });
    expect(after("offline", 3, { max: 2, on: ["offline"] })).toEqual({ kind: "done", outcome: "offline" });
    expect(after("success", 1, { max: 2 })).toEqual({ kind: "done", outcome: "success" });
    expect(after("cancelled", 1, { max: 2 })).toEqual({ kind: "done", outcome: "cancelled" });
  });

  it("the wait doubles up to its ceiling, its upper half spread, the same on every process", () => {
    const waitOf = (attempt: number): number => {
      const plan = after("timeout", attempt, { max: 20, firstMs: 1000, maxMs: 5000 });
      return plan.kind === "retry" ? plan.notBefore - now : Number.NaN;
    };
    for (const [attempt, ceilingMs] of [
      [1, 1000],
      [2, 2000],
      [3, 4000],
      [4, 5000],
      [20, 5000],
    ] as const) {
      expect(waitOf(attempt)).toBeGreaterThanOrEqual(ceilingMs / 2);
      expect(waitOf(attempt)).toBeLessThanOrEqual(ceilingMs);
      expect(waitOf(attempt)).toBe(waitOf(attempt));
    }
  });
});
