import { nextDue } from "../../core/schedules/timetable.ts";
import { requireMembership, writeOperation } from "../../operation.ts";
import { findSchedule, wakeSchedulers } from "../../store/schedules/schedules.ts";
import { authorizeTarget, runAsCaller, viewFor } from "./schedule-input.ts";
import { scheduleParams, scheduleSchema } from "./schedule-view.ts";

export const resumeSchedule = writeOperation({
  id: "resumeSchedule",
  method: "POST",
  path: "/v1/fleets/{fleet}/schedules/{schedule}/resume",
  tag: "Schedules",
  summary: "Let a paused schedule go on; from then on it uses your rights",
  description: "What was due during the pause is not made up for.",
  access: { kind: "fleet", right: "schedules:manage" },
  params: scheduleParams,
  answers: { 200: scheduleSchema },
  handle: async (call) => {
    const { tx, params } = call;
    const { fleetId } = requireMembership(call);
    const before = await findSchedule(tx.db, fleetId, params.schedule, "for_update");
    await authorizeTarget(call, tx.db, fleetId, before.target);
    const lastDue = before.paused_at
      ? Math.max(before.last_due.getTime(), tx.nowMs)
      : before.last_due.getTime();
    const { maxRuns } = before.spec;
    const next = nextDue({ ...before.spec, paused: false }, lastDue);
    const isSpent = maxRuns !== null && before.runs_made >= maxRuns;
    const nextAt = next.kind === "due" && !isSpent ? new Date(next.at) : null;
    const row = await tx.db
      .updateTable("schedules")
      .set({
        ...runAsCaller(call),
        paused_at: null,
        paused_reason: null,
        last_due: new Date(lastDue),
        next_at: nextAt,
        end_reason: isSpent ? "max_runs" : next.kind === "due" ? null : next.reason,
        wake_at: tx.now,
        updated_at: tx.now,
        version: before.version + 1,
      })
      .where("id", "=", before.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    tx.audit({
      action: "schedule.resume",
      fleet: fleetId,
      target: { kind: "schedule", id: row.id },
      body: { wasPausedFor: before.paused_reason ?? "" },
    });
    tx.publish("schedule.changed", row.id, fleetId);
    await wakeSchedulers(tx.db);
    return { status: 200, body: await viewFor(call, tx.db, row), version: row.version };
  },
});
