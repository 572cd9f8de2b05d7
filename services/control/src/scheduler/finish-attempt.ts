// The end of an attempt: another one after a wait, or the end of the run.
import { planAfterAttempt } from "../core/schedules/plan-runs.ts";
import {
  attemptOutcome,
  type ExecutionStatus,
  type RunStatus,
  toRunStatus,
  worstOf,
} from "../core/schedules/run-status.ts";
import { toCoreSchedule } from "../store/schedules/schedules.ts";
import type { WriteTransaction } from "../store/unit-of-work.ts";

interface LatestExecution {
  readonly status: ExecutionStatus;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly error_code: string | null;
}

/** Says `lease_lost` when somebody else holds the run by now, and changes nothing then. */
export const finishAttempt = async (
  tx: WriteTransaction,
  held: { readonly runId: string; readonly scheduleId: string; readonly fence: number },
): Promise<"finished" | "lease_lost"> => {
  const { db, now, nowMs } = tx;
  // The schedule before its run, as everywhere.
  const row = await db
    .selectFrom("schedules")
    .selectAll()
    .where("id", "=", held.scheduleId)
    .forUpdate()
    .executeTakeFirst();
  const run = await db
    .selectFrom("schedule_runs")
    .selectAll()
    .where("id", "=", held.runId)
    .where("fence", "=", held.fence)
    .where("status", "in", ["running", "cancelling"])
    .forUpdate()
    .executeTakeFirst();
  if (!row || !run) return "lease_lost";
  const latest = await latestExecutions(tx, run.id);
  const isCancelled = run.status === "cancelling";
  const worst = worstOf(latest);
  const outcome = attemptOutcome(latest, row.policies, isCancelled);
  const isGone = row.deleted_at !== null;
  const after = planAfterAttempt({
    schedule: toCoreSchedule(row),
    dueAt: run.due_at.getTime(),
    attempt: run.attempt,
    outcome,
    now: nowMs,
  });
  const result = {
    exit_code: worst?.exit_code ?? null,
    signal: worst?.signal ?? null,
    error_code: worst?.error_code ?? null,
  };
  const free = { lease_holder: null, lease_until: null };
  if (after.kind === "retry" && !isGone) {
    await db
      .updateTable("schedule_runs")
      .set({
        ...result,
        ...free,
        status: "waiting",
        attempt: after.attempt,
        not_before: new Date(after.notBefore),
      })
      .where("id", "=", run.id)
      .execute();
    tx.audit({
      action: "run.retry",
      fleet: run.fleet_id,
      target: { kind: "run", id: run.id },
      body: { schedule: row.id, attempt: run.attempt, outcome },
    });
  } else {
    const status: RunStatus =
      outcome === "cancelled" ? "cancelled" : (endedAs(worst) ?? toRunStatus(outcome));
    await db
      .updateTable("schedule_runs")
      .set({ ...result, ...free, status, finished_at: now })
      .where("id", "=", run.id)
      .execute();
    await db
      .updateTable("schedules")
      .set({ last_run_id: run.id, last_run_status: status, last_run_at: now })
      .where("id", "=", row.id)
      .execute();
    tx.audit({
      action: "run.end",
      fleet: run.fleet_id,
      target: { kind: "run", id: run.id },
      body: { schedule: row.id, status, exitCode: result.exit_code, attempts: run.attempt },
    });
    tx.publish(status === "succeeded" ? "schedule.completed" : "schedule.failed", run.id, run.fleet_id);
  }
  // The next one may wait for this one's end.
  await db
    .updateTable("schedules")
    .set({ wake_at: isGone ? null : now })
    .where("id", "=", row.id)
    .execute();
  tx.publish("run.changed", run.id, run.fleet_id);
  return "finished";
};

const endedAs = (worst: LatestExecution | undefined): RunStatus | undefined =>
  worst === undefined || worst.status === "starting" ? undefined : worst.status;

/** Of each machine the last attempt. */
const latestExecutions = (tx: WriteTransaction, runId: string): Promise<LatestExecution[]> =>
  tx.db
    .selectFrom("run_executions")
    .distinctOn("machine_id")
    .select(["machine_id", "status", "exit_code", "signal", "error_code"])
    .where("run_id", "=", runId)
    .orderBy("machine_id")
    .orderBy("attempt", "desc")
    .execute();
