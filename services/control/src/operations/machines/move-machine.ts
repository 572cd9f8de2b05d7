import { machineLeft } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { z } from "zod";
import { freeName } from "../../core/machines/free-name.ts";
import { machinesPerFleetMax } from "../../core/machines/limits.ts";
import { requireMembership, requirePrincipal, writeOperation } from "../../operation.ts";
import { lockMachine } from "../../store/machines/find-machine.ts";
import { lockNames, takenNames } from "../../store/machines/machines.ts";
import { machineParams, machineSchema, toMachine } from "./machine-view.ts";

export const moveMachine = writeOperation({
  id: "moveMachine",
  method: "POST",
  path: "/v1/fleets/{fleet}/machines/{machine}/move",
  tag: "Machines",
  summary: "Move a machine to another fleet",
  description:
    "Needs `machines:join` there, and `machines:approve` where machines wait to be let in. Its past sessions stay in the catalogue of the fleet where they ran.",
  access: { kind: "fleet", right: "machines:manage" },
  rows: "all",
  params: machineParams,
  body: z.object({ fleet: z.string().max(64).describe("Id or slug of the other one") }),
  answers: { 200: machineSchema },
  handle: async ({ body, params, tx, services, authorize, ...call }) => {
    const membership = requireMembership(call);
    const { fleetId } = membership;
    const target = [...requirePrincipal(call).memberships.values()].find(
      (other) => other.fleetId === body.fleet || other.fleetSlug === body.fleet,
    );
    if (!target) throw new Failure("not_found", "There is no such fleet, or you are not in it.");
    authorize("machines:join", { fleetId: target.fleetId });
    const { is_approval_needed: isApprovalNeeded } = await tx.db
      .selectFrom("fleets")
      .select("is_approval_needed")
      .where("id", "=", target.fleetId)
      .executeTakeFirstOrThrow();
    if (isApprovalNeeded) authorize("machines:approve", { fleetId: target.fleetId });
    if (target.fleetId === fleetId) throw new Failure("conflict", "It is in that fleet already.");
    await lockNames(tx, fleetId, target.fleetId);
    const found = await lockMachine(tx, membership, params.machine);
    authorize("machines:manage", { fleetId, machineId: found.id });
    const names = await takenNames(tx.db, target.fleetId);
    if (names.size >= machinesPerFleetMax) throw new Failure("limit_reached", "That fleet is full.");
    const row = await tx.db
      .updateTable("machines")
      .set((set) => ({
        fleet_id: target.fleetId,
        name: freeName(found.name, names),
        version: set("version", "+", 1),
      }))
      .where("id", "=", found.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await tx.db
      .updateTable("machine_keys")
      .set({ fleet_id: target.fleetId })
      .where("machine_id", "=", found.id)
      .execute();
    const moved = { from: fleetId, to: target.fleetId, name: row.name };
    for (const fleet of [fleetId, target.fleetId]) {
      tx.audit({ action: "machine.move", fleet, target: { kind: "machine", id: row.id }, body: moved });
      tx.publish("machine", row.id, fleet);
    }
    tx.revoke([row.id, machineLeft(fleetId, row.id)], "machine moved");
    return { status: 200, body: await toMachine(tx.db, services, row), version: row.version };
  },
});
