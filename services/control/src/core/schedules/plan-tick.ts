// What a tick does about one schedule: which runs begin to exist, which dues are passed over, when to look again.
//
// The caller holds the schedule's row (`SELECT … FOR UPDATE SKIP LOCKED`), and in that transaction reads the active
// runs, inserts what is planned under `UNIQUE (schedule_id, due_at)` and stores `lastDue` and `nextAt`. Nothing here
// depends on how often or where ticks happen:
//
// I1  A due at or before `lastDue` is never planned again, so a clock that is put back repeats nothing.
// I2  Every due after it, up to `now`, becomes a run or is counted in one passed entry, in order, exactly once.
// I3  Under every overlap policy but `allow` at most one run of the schedule runs at a time (with plan-runs.ts).

import { scheduleLimits } from "./limits.ts";
import type { Schedule, SchedulePolicies } from "./schedule-spec.ts";
import { jitterOf } from "./spread.ts";
import { duesBetween, nextDue } from "./timetable.ts";

/** A run that has not ended. One that waits for its next attempt is waiting. */
export interface ActiveRun {
  readonly dueAt: number;
  readonly phase: "waiting" | "running" | "cancelling";
}

export interface TickInput {
  readonly schedule: Schedule;
  /** The last due that was settled; at first the time of creation, and the time of the change after a change. */
  readonly lastDue: number;
  readonly now: number;
  /** Runs that the schedule has started so far, for `maxRuns`. */
  readonly runsMade: number;
  readonly active: readonly ActiveRun[];
}

/** A run row to insert, waiting. */
export interface NewRun {
  readonly dueAt: number;
  readonly notBefore: number;
  /** It makes up for a due that was noticed late. */
  readonly isLate: boolean;
}

/** Dues that give no run: one row that says so, which may stand for several. */
export interface PassedDue {
  /** The last one; the row's due time. */
  readonly dueAt: number;
  readonly firstDueAt: number;
  readonly count: number;
  /** `missed`: noticed too late. `overlap`: an earlier or a later run was in the way. `too_many`: a limit. */
  readonly reason: "missed" | "overlap" | "too_many";
}

export interface TickPlan {
  readonly runs: readonly NewRun[];
  readonly passed: readonly PassedDue[];
  /** Due times of active runs to cancel. */
  readonly cancel: readonly number[];
  readonly lastDue: number;
  /** When to look again; not after `now` when there is more to settle than one tick takes. */
  readonly nextAt: number | null;
  /** Why there is no `nextAt`. */
  readonly end: "paused" | "ended" | "never" | "max_runs" | null;
}

interface Due {
  readonly at: number;
  readonly fate: "on_time" | "late" | "missed";
}

/** Whether each due runs or is missed. Late dues come before those that are on time. */
const judgeDues = (dues: readonly number[], now: number, policies: SchedulePolicies): Due[] => {
  const { policy, graceMs, windowMs, max } = policies.misfire;
  const lateCount = dues.filter((at) => now - at > graceMs).length;
  const isAnyOnTime = lateCount < dues.length;
  // `once` makes up for what was missed by one run; a run that is on time does that too.
  const madeUp = { skip: 0, once: isAnyOnTime ? 0 : 1, all: max }[policy];
  return dues.map((at, index) => {
    if (index >= lateCount) return { at, fate: "on_time" };
    return { at, fate: index >= lateCount - madeUp && now - at <= windowMs ? "late" : "missed" };
  });
};

/**
 * The dues that this tick settles. When there are more than it looks at and all are late, the newest ones seen are
 * left for the next tick, which knows whether later ones take their place.
 */
const duesOf = ({ schedule, lastDue, now }: TickInput): Due[] => {
  const { policy, graceMs, max } = schedule.policies.misfire;
  const { dues, hasMore } = duesBetween(schedule.spec, lastDue, now, scheduleLimits.duesPerTickMax);
  const newest = dues.at(-1);
  if (!hasMore || newest === undefined || now - newest <= graceMs) {
    return judgeDues(dues, now, schedule.policies);
  }
  const left = { skip: 0, once: 1, all: max }[policy];
  return dues.slice(0, dues.length - left).map((at) => ({ at, fate: "missed" }));
};

type Admission =
  | { readonly kind: "run" }
  | { readonly kind: "replace" }
  | { readonly kind: "pass"; readonly reason: PassedDue["reason"] };

/** Whether a due becomes a run while these runs are active. */
const admit = (policies: SchedulePolicies, active: readonly ActiveRun[]): Admission => {
  const isFree = active.length === 0;
  switch (policies.overlap) {
    case "skip":
      return isFree ? { kind: "run" } : { kind: "pass", reason: "overlap" };
    case "queue_one": {
      // The oldest is the one that the others wait for, whether it has begun or not.
      return active.length <= 1 ? { kind: "run" } : { kind: "pass", reason: "overlap" };
    }
    case "allow":
      return active.length < scheduleLimits.activeRunsMax
        ? { kind: "run" }
        : { kind: "pass", reason: "too_many" };
    case "cancel_running":
      return isFree ? { kind: "run" } : { kind: "replace" };
  }
};

/** Rows for dues that gave no run; the oldest missed ones share a row when there are many. */
const toPassed = (
  passed: readonly { readonly at: number; readonly reason: PassedDue["reason"] }[],
): PassedDue[] => {
  const missedCount = passed.filter(({ reason }) => reason === "missed").length;
  const shared =
    missedCount > scheduleLimits.missedRowsMax ? missedCount - scheduleLimits.missedRowsMax + 1 : 0;
  const missed = passed.filter(({ reason }) => reason === "missed").map(({ at }) => at);
  const first = missed[0];
  const last = missed[shared - 1];
  const one = ({ at, reason }: (typeof passed)[number]): PassedDue => ({
    dueAt: at,
    firstDueAt: at,
    count: 1,
    reason,
  });
  if (first === undefined || last === undefined) return passed.map(one);
  const row: PassedDue = { dueAt: last, firstDueAt: first, count: shared, reason: "missed" };
  return [row, ...passed.filter(({ at, reason }) => reason !== "missed" || at > last).map(one)];
};

/** What to do about a schedule now. */
export const planTick = (input: TickInput): TickPlan => {
  const { schedule, now } = input;
  const { spec, policies, id } = schedule;
  const idle = { runs: [], passed: [], cancel: [], lastDue: input.lastDue, nextAt: null } as const;
  if (spec.paused) return { ...idle, end: "paused" };

  let runsLeft = spec.maxRuns === null ? Number.POSITIVE_INFINITY : spec.maxRuns - input.runsMade;
  let lastDue = input.lastDue;
  let runs: NewRun[] = [];
  const passed: { at: number; reason: PassedDue["reason"] }[] = [];
  const cancel = new Set<number>();
  let active = [...input.active];

  for (const due of duesOf(input)) {
    if (runsLeft <= 0) break;
    lastDue = due.at;
    if (due.fate === "missed") {
      passed.push({ at: due.at, reason: "missed" });
      continue;
    }
    const admission = admit(policies, active);
    if (admission.kind === "pass") {
      passed.push({ at: due.at, reason: admission.reason });
      continue;
    }
    if (admission.kind === "replace") {
      // Runs of this tick do not exist yet: the newer due takes the place of the older one.
      for (const run of runs) passed.push({ at: run.dueAt, reason: "overlap" });
      runsLeft += runs.length;
      runs = [];
      for (const run of input.active) if (run.phase !== "cancelling") cancel.add(run.dueAt);
      active = [];
    }
    const jitterMs = jitterOf(id, due.at, policies.jitterMs);
    // Late runs are spread from now on: after an outage all schedules are late at once.
    const isLate = due.fate === "late";
    runs.push({ dueAt: due.at, notBefore: (isLate ? now : due.at) + jitterMs, isLate });
    active.push({ dueAt: due.at, phase: "waiting" });
    runsLeft -= 1;
  }

  const settled = {
    runs,
    passed: toPassed(passed.sort((left, right) => left.at - right.at)),
    cancel: [...cancel],
    lastDue,
  };
  if (runsLeft <= 0) return { ...settled, nextAt: null, end: "max_runs" };
  const next = nextDue(spec, lastDue);
  return next.kind === "due"
    ? { ...settled, nextAt: next.at, end: null }
    : { ...settled, nextAt: null, end: next.reason };
};
