import { readOperation, requireMembership } from "../../operation.ts";
import { findMachine } from "../../store/machines/find-machine.ts";
import { machineParams, machineSchema, toMachine } from "./machine-view.ts";

export const getMachine = readOperation({
  id: "getMachine",
  method: "GET",
  path: "/v1/fleets/{fleet}/machines/{machine}",
  tag: "Machines",
  summary: "One machine",
  description: "Several that may be meant: ambiguous_name, with `candidates`.",
  access: { kind: "fleet", right: "machines:read" },
  params: machineParams,
  answers: { 200: machineSchema },
  handle: async ({ db, params, services, authorize, ...call }) => {
    const membership = requireMembership(call);
    const { fleetId } = membership;
    const row = await findMachine(db, membership, params.machine);
    authorize("machines:read", { fleetId, machineId: row.id });
    return { status: 200, body: await toMachine(db, services, row), version: row.version };
  },
});
