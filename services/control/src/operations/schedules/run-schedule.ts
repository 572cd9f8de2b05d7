import { Failure, newId } from "@cmdop/base";
import { scheduleLimits } from "../../core/schedules/limits.ts";
import { requireMembership, writeOperation } from "../../operation.ts";
import { activeRunsOf, findSchedule, wakeSchedulers } from "../../store/schedules/schedules.ts";
import { targetsOf } from "../../store/schedules/targets.ts";
import { runSchema, toRun } from "./run-view.ts";
import { scheduleParams } from "./schedule-view.ts";

export const runSchedule = writeOperation({
  id: "runSchedule",
  method: "POST",
  path: "/v1/fleets/{fleet}/schedules/{schedule}/run",
  tag: "Schedules",
  summary: "Run it now, whether it is due or not",
  description: "It uses the rights of the schedule, and waits for its turn as every run of it does.",
  access: { kind: "fleet", right: "schedules:run" },
  params: scheduleParams,
  answers: { 201: runSchema },
  handle: async (call) => {
    const { tx, params, services } = call;
    const { fleetId } = requireMembership(call);
    const schedule = await findSchedule(tx.db, fleetId, params.schedule, "for_update");
    for (const machineId of await targetsOf(tx.db, fleetId, schedule.target)) {
      call.authorize("schedules:run", { fleetId, machineId });
    }
    const active = await activeRunsOf(tx.db, [schedule.id]);
    if (active.length >= scheduleLimits.activeRunsMax) {
      throw new Failure(
        "limit_reached",
        `At most ${scheduleLimits.activeRunsMax} runs of a schedule wait or run.`,
      );
    }
    // Runs of a schedule are told apart by when they were due.
    let dueAt = tx.nowMs;
    while (active.some((run) => run.due_at.getTime() === dueAt)) dueAt += 1;
    const row = await tx.db
      .insertInto("schedule_runs")
      .values({
        id: newId("run", services.random),
        fleet_id: fleetId,
        schedule_id: schedule.id,
        schedule_name: schedule.name,
        trigger: "manual",
        requested_by: tx.actor.id,
        due_at: new Date(dueAt),
        status: "waiting",
        not_before: tx.now,
        created_at: tx.now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await tx.db.updateTable("schedules").set({ wake_at: tx.now }).where("id", "=", schedule.id).execute();
    tx.audit({
      action: "run.request",
      fleet: fleetId,
      target: { kind: "run", id: row.id },
      body: { schedule: schedule.id },
    });
    tx.publish("run.changed", row.id, fleetId);
    await wakeSchedulers(tx.db);
    return { status: 201, body: toRun(row, []) };
  },
});
