import { requireMembership, writeOperation } from "../../operation.ts";
import { cancelActiveRuns, findSchedule, wakeSchedulers } from "../../store/schedules/schedules.ts";
import { scheduleParams } from "./schedule-view.ts";

export const deleteSchedule = writeOperation({
  id: "deleteSchedule",
  method: "DELETE",
  path: "/v1/fleets/{fleet}/schedules/{schedule}",
  tag: "Schedules",
  summary: "Remove a schedule and end what it runs; its runs can still be read",
  access: { kind: "fleet", right: "schedules:manage" },
  params: scheduleParams,
  answers: { 204: null },
  handle: async (call) => {
    const { tx, params } = call;
    const { fleetId } = requireMembership(call);
    const row = await findSchedule(tx.db, fleetId, params.schedule, "for_update");
    const cancelled = await cancelActiveRuns(tx.db, {
      scheduleId: row.id,
      reason: "schedule_deleted",
      now: tx.now,
    });
    await tx.db
      .updateTable("schedules")
      .set({ deleted_at: tx.now, next_at: null, wake_at: null, updated_at: tx.now, version: row.version + 1 })
      .where("id", "=", row.id)
      .execute();
    tx.audit({
      action: "schedule.delete",
      fleet: fleetId,
      target: { kind: "schedule", id: row.id },
      body: { name: row.name, runsEnded: cancelled.length },
    });
    tx.publish("schedule.changed", row.id, fleetId);
    for (const run of cancelled) tx.publish("run.changed", run.id, fleetId);
    await wakeSchedulers(tx.db);
    return { status: 204 };
  },
});
