import { Failure } from "@cmdop/base";
import { z } from "zod";
import { isFleetRight } from "../../core/access/rights.ts";
import { assertGrantable, assertReachable } from "../../grants.ts";
import { assertVersion, requireMembership, writeOperation } from "../../operation.ts";
import { machineAccessOf } from "../../store/machines/machine-access.ts";
import { shownText } from "../../store/shown-text.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { bearersOf, lockRole } from "./role-bearers.ts";
import { roleNameSchema, roleParams, roleRightsSchema, roleSchema, toRole } from "./role-view.ts";

export const updateRole = writeOperation({
  id: "updateRole",
  method: "PATCH",
  path: "/v1/fleets/{fleet}/roles/{role}",
  tag: "Roles",
  summary: "Change a role of the fleet's own",
  description:
    "You need every right that it has and will have, also on each machine of whoever has it. Whoever has it and loses a right loses it at every edge at once.",
  access: { kind: "fleet", right: "roles:manage" },
  params: roleParams,
  body: z.object({
    name: roleNameSchema.optional(),
    description: shownText(500).optional(),
    rights: roleRightsSchema.optional(),
  }),
  answers: { 200: roleSchema },
  handle: async ({ params, body, tx, services, ifMatch, ...call }) => {
    const membership = requireMembership(call);
    const { fleetId } = membership;
    const row = await lockRole(tx, fleetId, params.role);
    assertVersion(row, ifMatch);
    const before = row.rights.filter(isFleetRight);
    const after: readonly string[] = body.rights ?? before;
    if (body.rights) {
      const rights = new Set([...before, ...body.rights]);
      assertGrantable({ ...call, services }, { rights, fleetId, operation: "updateRole" });
    }
    const isLimited = [...membership.machineAccess.values()].some((level) => level !== "full");
    if (isLimited && after.some((right) => !before.some((had) => had === right))) {
      for (const bearerId of await bearersOf(tx, fleetId, row.id)) {
        const levels = await machineAccessOf(tx.db, bearerId);
        assertReachable({ ...call, services }, { giver: membership, levels, operation: "updateRole" });
      }
    }
    const changed = await tx.db
      .updateTable("roles")
      .set((set) => ({
        ...(body.name === undefined ? {} : { name: body.name }),
        ...(body.description === undefined ? {} : { description: body.description }),
        ...(body.rights ? { rights: body.rights } : {}),
        version: set("version", "+", 1),
      }))
      .where("id", "=", row.id)
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (isUniqueViolation(error))
          throw new Failure("name_taken", `There is a role ${body.name} already.`);
        throw error;
      });
    tx.audit({
      action: "role.update",
      fleet: fleetId,
      target: { kind: "role", id: row.id },
      body: { name: changed.name, rightsBefore: before, rights: [...after] },
    });
    if (before.some((right) => !after.includes(right))) {
      const bearers = await bearersOf(tx, fleetId, row.id);
      if (bearers.length > 0) tx.revoke(bearers, "the role was narrowed");
    }
    tx.publish("roles", row.id, fleetId);
    return { status: 200, body: toRole(changed), version: changed.version };
  },
});
