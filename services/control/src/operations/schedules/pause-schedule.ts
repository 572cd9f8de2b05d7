import { requireMembership, writeOperation } from "../../operation.ts";
import { findSchedule, wakeSchedulers } from "../../store/schedules/schedules.ts";
import { viewFor } from "./schedule-input.ts";
import { scheduleParams, scheduleSchema } from "./schedule-view.ts";

export const pauseSchedule = writeOperation({
  id: "pauseSchedule",
  method: "POST",
  path: "/v1/fleets/{fleet}/schedules/{schedule}/pause",
  tag: "Schedules",
  summary: "Stop new dues; what waits or runs goes on",
  access: { kind: "fleet", right: "schedules:manage" },
  params: scheduleParams,
  answers: { 200: scheduleSchema },
  handle: async (call) => {
    const { tx, params } = call;
    const { fleetId } = requireMembership(call);
    const before = await findSchedule(tx.db, fleetId, params.schedule, "for_update");
    const row = await tx.db
      .updateTable("schedules")
      .set({
        paused_at: before.paused_at ?? tx.now,
        paused_reason: "asked",
        next_at: null,
        wake_at: tx.now,
        updated_at: tx.now,
        version: before.version + 1,
      })
      .where("id", "=", before.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    tx.audit({
      action: "schedule.pause",
      fleet: fleetId,
      target: { kind: "schedule", id: row.id },
      body: { wasPaused: before.paused_at !== null },
    });
    tx.publish("schedule.changed", row.id, fleetId);
    await wakeSchedulers(tx.db);
    return { status: 200, body: await viewFor(call, tx.db, row), version: row.version };
  },
});
