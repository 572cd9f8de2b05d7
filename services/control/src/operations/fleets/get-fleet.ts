import { readOperation, requireMembership } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { fleetSchema, toFleet } from "./fleet-view.ts";

export const getFleet = readOperation({
  id: "getFleet",
  method: "GET",
  path: "/v1/fleets/{fleet}",
  tag: "Fleets",
  summary: "One fleet",
  access: { kind: "fleet", right: "fleet:read" },
  params: fleetParams,
  answers: { 200: fleetSchema },
  handle: async ({ db, ...call }) => {
    const { fleetId, role } = requireMembership(call);
    const row = await db.selectFrom("fleets").selectAll().where("id", "=", fleetId).executeTakeFirstOrThrow();
    return { status: 200, body: toFleet(row, role), version: row.version };
  },
});
