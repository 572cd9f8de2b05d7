// One step of the scheduler: takes schedules whose time has come, makes runs of what is due, and starts those runs
// whose turn it is. Everything about one schedule happens under its row's lock, in this one transaction.
//
// I1  A due becomes one run or is recorded as passed, whichever process notices it, and however often one fails in
//     the middle: rows, the last due and the next one are committed together.
// I2  A run is started by the process that has its lease, and only in the name of somebody who may now.

import { newId, type Random } from "@cmdop/base";
import { sql } from "kysely";
import { planRuns } from "../core/schedules/plan-runs.ts";
import { planTick, type TickPlan } from "../core/schedules/plan-tick.ts";
import type { Schedule } from "../core/schedules/schedule-spec.ts";
import {
  activeRunsOf,
  cancelActiveRuns,
  type RunRow,
  type ScheduleRow,
  toActiveRun,
  toCoreSchedule,
  toLiveRun,
  wakeSchedulers,
} from "../store/schedules/schedules.ts";
import type { WriteTransaction } from "../store/unit-of-work.ts";
import { beginRun } from "./begin-run.ts";
import type { ClaimedRun, LeaseTerms } from "./claimed-run.ts";
import { schedulerLimits } from "./limits.ts";

export interface SettleOptions extends LeaseTerms {
  readonly random: Random;
  /** Runs that may be started. */
  readonly room: number;
}

export interface Settled {
  readonly claimed: readonly ClaimedRun[];
  /** There is more to do at once. */
  readonly isMore: boolean;
}

export const settleSchedules = async (tx: WriteTransaction, options: SettleOptions): Promise<Settled> => {
  const rows = await tx.db
    .selectFrom("schedules")
    .selectAll()
    .where("wake_at", "<=", tx.now)
    .where("deleted_at", "is", null)
    .orderBy("wake_at")
    .limit(schedulerLimits.schedulesPerStep)
    .forUpdate()
    .skipLocked()
    .execute();
  if (rows.length === 0) return { claimed: [], isMore: false };
  const active = Map.groupBy(
    await activeRunsOf(
      tx.db,
      rows.map((row) => row.id),
    ),
    (run) => run.schedule_id,
  );
  const claimed: ClaimedRun[] = [];
  let isMore = rows.length === schedulerLimits.schedulesPerStep;
  for (const row of rows) {
    const room = options.room - claimed.length;
    const step = await settleOne(tx, row, active.get(row.id) ?? [], { ...options, room });
    claimed.push(...step.claimed);
    if (step.isMore) isMore = true;
  }
  return { claimed, isMore };
};

const settleOne = async (
  tx: WriteTransaction,
  row: ScheduleRow,
  active: readonly RunRow[],
  options: SettleOptions,
): Promise<Settled> => {
  const schedule = toCoreSchedule(row);
  const isDue = row.next_at !== null && row.next_at.getTime() <= tx.nowMs;
  const plan = isDue
    ? planTick({
        schedule,
        lastDue: row.last_due.getTime(),
        now: tx.nowMs,
        runsMade: row.runs_made,
        active: active.map(toActiveRun),
      })
    : undefined;
  const runs = plan ? await applyPlan(tx, row, plan, active, options.random) : active;
  return startRuns(tx, { row, schedule, plan, runs, options });
};

/** Writes what the tick planned; gives the runs that are active now. */
const applyPlan = async (
  tx: WriteTransaction,
  row: ScheduleRow,
  plan: TickPlan,
  active: readonly RunRow[],
  random: Random,
): Promise<readonly RunRow[]> => {
  const { db, now } = tx;
  const { id: scheduleId, fleet_id: fleetId } = row;
  if (plan.passed.length > 0) {
    await db
      .insertInto("passed_dues")
      .values(
        plan.passed.map((passed) => ({
          schedule_id: scheduleId,
          fleet_id: fleetId,
          due_at: new Date(passed.dueAt),
          first_due_at: new Date(passed.firstDueAt),
          count: passed.count,
          reason: passed.reason,
          noted_at: now,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  if (plan.cancel.length > 0) {
    const runIds = active.filter((run) => plan.cancel.includes(run.due_at.getTime())).map((run) => run.id);
    const cancelled = await cancelActiveRuns(db, { scheduleId, reason: "overlap", now, runIds });
    for (const run of cancelled) tx.publish("run.changed", run.id, fleetId);
    // Whoever carries them is told to end them.
    await wakeSchedulers(db);
  }
  const made =
    plan.runs.length === 0
      ? []
      : await db
          .insertInto("schedule_runs")
          .values(
            plan.runs.map((run) => ({
              id: newId("run", random),
              fleet_id: fleetId,
              schedule_id: scheduleId,
              schedule_name: row.name,
              trigger: "due" as const,
              due_at: new Date(run.dueAt),
              is_late: run.isLate,
              status: "waiting" as const,
              not_before: new Date(run.notBefore),
              created_at: now,
            })),
          )
          // The word itself, as the index has it: a prepared statement's plan knows no parameter's value.
          .onConflict((conflict) =>
            conflict.columns(["schedule_id", "due_at"]).where("trigger", "=", sql.lit("due")).doNothing(),
          )
          .returningAll()
          .execute();
  for (const run of made) tx.publish("run.changed", run.id, fleetId);
  const kept = plan.cancel.length > 0 ? await activeRunsOf(db, [scheduleId]) : [...active, ...made];
  await db
    .updateTable("schedules")
    .set({
      last_due: new Date(plan.lastDue),
      next_at: plan.nextAt === null ? null : new Date(plan.nextAt),
      end_reason: plan.end,
      runs_made: row.runs_made + made.length,
    })
    .where("id", "=", scheduleId)
    .execute();
  return kept;
};

/** Starts the runs whose turn it is, as far as there is room, and notes when to look again. */
const startRuns = async (
  tx: WriteTransaction,
  step: {
    readonly row: ScheduleRow;
    readonly schedule: Schedule;
    readonly plan: TickPlan | undefined;
    readonly runs: readonly RunRow[];
    readonly options: SettleOptions;
  },
): Promise<Settled> => {
  const { row, schedule, runs, options } = step;
  const planned = planRuns(schedule.policies, runs.map(toLiveRun), tx.nowMs);
  const turn = runs.filter((run) => run.status === "waiting" && planned.start.includes(run.due_at.getTime()));
  const claimed: ClaimedRun[] = [];
  let isRefused = false;
  let isAnyOver = false;
  for (const run of turn.slice(0, Math.max(0, options.room))) {
    if (isRefused) break;
    const begun = await beginRun(tx, { row, schedule, run, options });
    if (begun.kind === "claimed") claimed.push(begun.run);
    else isAnyOver = true;
    if (begun.kind === "refused") isRefused = true;
  }
  const nextAt = isRefused ? null : step.plan ? step.plan.nextAt : (row.next_at?.getTime() ?? null);
  const isBusy = turn.length > Math.max(0, options.room);
  const times = [nextAt, planned.waitUntil, isBusy ? tx.nowMs + schedulerLimits.pollMsMin : null];
  if (isAnyOver) times.push(tx.nowMs);
  const wakeAt = Math.min(...times.map((at) => at ?? Number.POSITIVE_INFINITY));
  await tx.db
    .updateTable("schedules")
    .set({ wake_at: Number.isFinite(wakeAt) ? new Date(wakeAt) : null })
    .where("id", "=", row.id)
    .execute();
  return { claimed, isMore: wakeAt <= tx.nowMs };
};
