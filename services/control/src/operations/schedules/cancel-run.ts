import { Failure } from "@cmdop/base";
import { requireMembership, writeOperation } from "../../operation.ts";
import { cancelActiveRuns, wakeSchedulers } from "../../store/schedules/schedules.ts";
import { executionsOf, runParams, runSchema, toRun } from "./run-view.ts";

export const cancelRun = writeOperation({
  id: "cancelRun",
  method: "POST",
  path: "/v1/fleets/{fleet}/runs/{run}/cancel",
  tag: "Schedules",
  summary: "End a run: one that waits at once, one that runs by SIGTERM, then SIGKILL",
  access: { kind: "fleet", right: "schedules:run" },
  params: runParams,
  answers: { 200: runSchema },
  handle: async (call) => {
    const { tx, params } = call;
    const { fleetId } = requireMembership(call);
    const find = () =>
      tx.db
        .selectFrom("schedule_runs")
        .selectAll()
        .where("fleet_id", "=", fleetId)
        .where("id", "=", params.run)
        .executeTakeFirst();
    const named = await find();
    if (!named) throw new Failure("not_found", "There is no such run in this fleet.");
    for (const { machine_id: machineId } of (await executionsOf(tx.db, [named])).get(named.id) ?? [])
      call.authorize("schedules:run", { fleetId, machineId });
    // The schedule's row before its runs', as everywhere.
    await tx.db
      .updateTable("schedules")
      .set({ wake_at: tx.now })
      .where("id", "=", named.schedule_id)
      .where("deleted_at", "is", null)
      .execute();
    const cancelled = await cancelActiveRuns(tx.db, {
      scheduleId: named.schedule_id,
      reason: "asked",
      now: tx.now,
      runIds: [named.id],
    });
    const row = await find();
    if (!row || (cancelled.length === 0 && row.status !== "cancelling")) {
      throw new Failure("conflict", "The run has ended.");
    }
    tx.audit({
      action: "run.cancel",
      fleet: fleetId,
      target: { kind: "run", id: row.id },
      body: { schedule: row.schedule_id, status: row.status },
    });
    tx.publish("run.changed", row.id, fleetId);
    await wakeSchedulers(tx.db);
    return { status: 200, body: toRun(row, (await executionsOf(tx.db, [row])).get(row.id) ?? []) };
  },
});
