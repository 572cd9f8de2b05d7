import { Failure } from "@cmdop/base";
import { readOperation, requireMembership } from "../../operation.ts";
import { executionsOf, runParams, runSchema, toRun } from "./run-view.ts";

export const getRun = readOperation({
  id: "getRun",
  method: "GET",
  path: "/v1/fleets/{fleet}/runs/{run}",
  tag: "Schedules",
  summary: "One run, with each attempt on each machine",
  access: { kind: "fleet", right: "schedules:read" },
  params: runParams,
  answers: { 200: runSchema },
  handle: async ({ db, params, ...call }) => {
    const { fleetId } = requireMembership(call);
    const row = await db
      .selectFrom("schedule_runs")
      .selectAll()
      .where("fleet_id", "=", fleetId)
      .where("id", "=", params.run)
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such run in this fleet.");
    return { status: 200, body: toRun(row, (await executionsOf(db, [row])).get(row.id) ?? []) };
  },
});
