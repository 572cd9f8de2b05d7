// Schedules as rows and as the core's values, and what several areas ask about them.
import { Failure } from "@cmdop/base";
import { type Selectable, sql } from "kysely";
import type { LiveRun } from "../../core/schedules/plan-runs.ts";
import type { ActiveRun } from "../../core/schedules/plan-tick.ts";
import { activeRunStatuses } from "../../core/schedules/run-status.ts";
import type { Schedule } from "../../core/schedules/schedule-spec.ts";
import type { Reader, Writer } from "../schema.ts";
import type { ScheduleRunTable, ScheduleTable } from "../tables/schedule-tables.ts";

export type ScheduleRow = Selectable<ScheduleTable>;
export type RunRow = Selectable<ScheduleRunTable>;

/** On which scheduler processes learn that there is something to look at. */
export const schedulesChannel = "cmdop_schedules";

export const wakeSchedulers = async (db: Writer): Promise<void> => {
  await sql`select pg_notify(${schedulesChannel}, '')`.execute(db);
};

export const toCoreSchedule = (row: ScheduleRow): Schedule => ({
  id: row.id,
  spec: { ...row.spec, paused: row.paused_at !== null },
  policies: row.policies,
});

export const toActiveRun = (row: RunRow): ActiveRun => ({
  dueAt: row.due_at.getTime(),
  phase: row.status === "cancelling" ? "cancelling" : row.status === "waiting" ? "waiting" : "running",
});

export const toLiveRun = (row: RunRow): LiveRun => {
  const dueAt = row.due_at.getTime();
  if (row.status === "waiting") return { phase: "waiting", dueAt, notBefore: row.not_before.getTime() };
  if (row.status === "cancelling") return { phase: "cancelling", dueAt };
  return { phase: "running", dueAt, startedAt: (row.attempt_started_at ?? row.created_at).getTime() };
};

/** The runs of these schedules that have not ended, in the order of their dues. */
export const activeRunsOf = (db: Reader, scheduleIds: readonly string[]): Promise<RunRow[]> =>
  db
    .selectFrom("schedule_runs")
    .selectAll()
    .where("schedule_id", "in", [...scheduleIds, ""])
    .where("status", "in", [...activeRunStatuses])
    .orderBy("due_at")
    .orderBy("id")
    .execute();

/** By id or by name; deleted ones are not found. */
export const findSchedule = async (
  db: Reader,
  fleetId: string,
  schedule: string,
  lock: "for_update" | "none" = "none",
): Promise<ScheduleRow> => {
  let query = db
    .selectFrom("schedules")
    .selectAll()
    .where("fleet_id", "=", fleetId)
    .where("deleted_at", "is", null)
    .where((where) => where.or([where("id", "=", schedule), where("name", "=", schedule)]))
    .orderBy((order) => order.case().when("id", "=", schedule).then(0).else(1).end())
    .limit(1);
  if (lock === "for_update") query = query.forUpdate();
  const row = await query.executeTakeFirst();
  if (!row) throw new Failure("not_found", "There is no such schedule in this fleet.");
  return row;
};

/** Ends runs that wait and tells those that run to end; says how many. The schedule's row is locked by the caller. */
export const cancelActiveRuns = async (
  db: Writer,
  options: {
    readonly scheduleId: string;
    readonly reason: string;
    readonly now: Date;
    /** Default: all of them. */
    readonly runIds?: readonly string[];
  },
): Promise<readonly RunRow[]> => {
  const { scheduleId, reason, now, runIds } = options;
  const chosen = (await activeRunsOf(db, [scheduleId])).filter(
    (run) => run.status !== "cancelling" && (runIds === undefined || runIds.includes(run.id)),
  );
  for (const run of chosen) {
    await db
      .updateTable("schedule_runs")
      .set(
        run.status === "waiting"
          ? { status: "cancelled", status_reason: reason, finished_at: now }
          : { status: "cancelling", status_reason: reason },
      )
      .where("id", "=", run.id)
      .execute();
  }
  return chosen;
};
