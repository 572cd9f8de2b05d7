import { machineLeft } from "@cmdop/authority";
import { requireMembership, writeOperation } from "../../operation.ts";
import { lockMachine } from "../../store/machines/find-machine.ts";
import { machineParams } from "./machine-view.ts";

export const removeMachine = writeOperation({
  id: "removeMachine",
  method: "DELETE",
  path: "/v1/fleets/{fleet}/machines/{machine}",
  tag: "Machines",
  summary: "Remove a machine",
  description: "Its link ends and its key is forgotten; to come back it joins anew, as another machine.",
  access: { kind: "fleet", right: "machines:remove" },
  params: machineParams,
  answers: { 204: null },
  handle: async ({ params, tx, authorize, ...call }) => {
    const membership = requireMembership(call);
    const { fleetId } = membership;
    const row = await lockMachine(tx, membership, params.machine);
    authorize("machines:remove", { fleetId, machineId: row.id });
    await tx.db.deleteFrom("machines").where("id", "=", row.id).execute();
    tx.audit({
      action: "machine.remove",
      fleet: fleetId,
      target: { kind: "machine", id: row.id },
      body: { name: row.name, hostname: row.hostname },
    });
    tx.revoke([row.id, machineLeft(fleetId, row.id)], "machine removed");
    tx.publish("machine", row.id, fleetId);
    return { status: 204 };
  },
});
