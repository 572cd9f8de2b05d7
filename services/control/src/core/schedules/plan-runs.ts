// What becomes of the runs of one schedule once they exist: which start, which have run too long, what follows an
// attempt. As in plan-tick.ts the caller holds the schedule's row and does in one transaction what is planned.

import { scheduleLimits } from "./limits.ts";
import type { Schedule, SchedulePolicies } from "./schedule-spec.ts";
import { spread } from "./spread.ts";

export type LiveRun =
  | { readonly phase: "waiting"; readonly dueAt: number; readonly notBefore: number }
  /** `startedAt` is the start of the present attempt. */
  | { readonly phase: "running"; readonly dueAt: number; readonly startedAt: number }
  /** Told to end, not yet ended. */
  | { readonly phase: "cancelling"; readonly dueAt: number };

export interface RunsPlan {
  /** Due times of waiting runs whose attempt starts now. */
  readonly start: readonly number[];
  /** Due times of running runs to end because of their timeout. */
  readonly timeOut: readonly number[];
  /** When to look again if nothing happens before; null when only an ending run changes anything. */
  readonly waitUntil: number | null;
}

/** Which runs start and which have timed out. */
export const planRuns = (policies: SchedulePolicies, runs: readonly LiveRun[], now: number): RunsPlan => {
  const waiting = runs.filter((run) => run.phase === "waiting").sort((a, b) => a.dueAt - b.dueAt);
  const running = runs.filter((run) => run.phase === "running");
  const begun = runs.length - waiting.length;
  // One after the other, oldest first: a run that waits for its next attempt keeps its place.
  const room =
    policies.overlap === "allow" ? Math.max(0, scheduleLimits.activeRunsMax - begun) : begun === 0 ? 1 : 0;
  const candidates = policies.overlap === "allow" ? waiting : waiting.slice(0, room);
  const start = candidates.filter((run) => run.notBefore <= now).slice(0, room);

  const deadlineOf = (run: { readonly startedAt: number }): number => run.startedAt + policies.timeoutMs;
  const timeOut = running.filter((run) => deadlineOf(run) <= now);
  const times = [
    ...candidates.filter((run) => run.notBefore > now).map((run) => run.notBefore),
    ...running.filter((run) => deadlineOf(run) > now).map(deadlineOf),
    ...start.map(() => now + policies.timeoutMs),
  ];
  return {
    start: start.map((run) => run.dueAt),
    timeOut: timeOut.map((run) => run.dueAt),
    waitUntil: times.length === 0 ? null : Math.min(...times),
  };
};

/**
 * How an attempt ended. `offline`: a machine could not be reached to start it. `refused`: whoever it runs for may not
 * any more. `lost`: nobody knows. The last three are never tried again.
 */
export type AttemptOutcome = "success" | "failure" | "timeout" | "offline" | "cancelled" | "refused" | "lost";

export type AfterAttempt =
  | { readonly kind: "retry"; readonly attempt: number; readonly notBefore: number }
  | { readonly kind: "done"; readonly outcome: AttemptOutcome };

export interface EndedAttempt {
  readonly schedule: Schedule;
  readonly dueAt: number;
  /** From 1. */
  readonly attempt: number;
  readonly outcome: AttemptOutcome;
  readonly now: number;
}

/** Another attempt after a wait, or the end of the run. */
export const planAfterAttempt = ({ schedule, dueAt, attempt, outcome, now }: EndedAttempt): AfterAttempt => {
  const { max, firstMs, maxMs, on } = schedule.policies.retry;
  const isRetried = on.some((cause) => cause === outcome) && attempt <= max;
  if (!isRetried) return { kind: "done", outcome };
  const ceilingMs = Math.min(maxMs, firstMs * 2 ** (attempt - 1));
  // The upper half is spread, so that schedules that failed together do not come back together.
  const waitMs = Math.ceil((ceilingMs / 2) * (1 + spread(`${schedule.id}:${dueAt}:${attempt}`)));
  return { kind: "retry", attempt: attempt + 1, notBefore: now + waitMs };
};
