import { z } from "zod";
import { builtInRoles, roleAbout, roleRights } from "../../core/access/roles.ts";
import { readOperation, requireMembership } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { roleSchema, toRole } from "./role-view.ts";

export const listRoles = readOperation({
  id: "listRoles",
  method: "GET",
  path: "/v1/fleets/{fleet}/roles",
  tag: "Roles",
  summary: "Roles: the built-in ones, and the fleet's own",
  access: { kind: "fleet", right: "roles:read" },
  params: fleetParams,
  answers: { 200: z.object({ items: z.array(roleSchema) }) },
  handle: async ({ db, ...call }) => {
    const rows = await db
      .selectFrom("roles")
      .selectAll()
      .where("fleet_id", "=", requireMembership(call).fleetId)
      .orderBy("name")
      .execute();
    const builtIn = builtInRoles.map((name) => ({
      id: name,
      name,
      description: roleAbout[name],
      rights: [...roleRights[name]],
      isBuiltIn: true,
      createdAt: null,
      version: null,
    }));
    return { status: 200, body: { items: [...builtIn, ...rows.map(toRole)] } };
  },
});
