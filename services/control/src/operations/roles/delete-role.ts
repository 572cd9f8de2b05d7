import { Failure } from "@cmdop/base";
import { requireMembership, writeOperation } from "../../operation.ts";
import { bearersOf, lockRole } from "./role-bearers.ts";
import { roleParams } from "./role-view.ts";

export const deleteRole = writeOperation({
  id: "deleteRole",
  method: "DELETE",
  path: "/v1/fleets/{fleet}/roles/{role}",
  tag: "Roles",
  summary: "Remove a role that nobody has",
  access: { kind: "fleet", right: "roles:manage" },
  params: roleParams,
  answers: { 204: null },
  handle: async ({ params, tx, ...call }) => {
    const { fleetId } = requireMembership(call);
    const row = await lockRole(tx, fleetId, params.role);
    const bearers = await bearersOf(tx, fleetId, row.id);
    const group = await tx.db
      .selectFrom("identity_group_roles")
      .select("group_name")
      .where("fleet_id", "=", fleetId)
      .where("role", "=", row.id)
      .limit(1)
      .executeTakeFirst();
    if (bearers.length > 0 || group) {
      const who = group ? `the group ${group.group_name} gives it` : `${bearers.length} have it`;
      throw new Failure("conflict", `The role is in use: ${who}.`);
    }
    // Invitations that wait would give a role that is not there.
    await tx.db
      .updateTable("invitations")
      .set({ cancelled_at: tx.now })
      .where("fleet_id", "=", fleetId)
      .where("role", "=", row.id)
      .where("accepted_at", "is", null)
      .where("cancelled_at", "is", null)
      .execute();
    await tx.db.deleteFrom("roles").where("id", "=", row.id).execute();
    tx.audit({
      action: "role.delete",
      fleet: fleetId,
      target: { kind: "role", id: row.id },
      body: { name: row.name },
    });
    tx.publish("roles", row.id, fleetId);
    return { status: 204 };
  },
});
