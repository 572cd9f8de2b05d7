import { Failure, newId } from "@cmdop/base";
import { z } from "zod";
import { rolesPerFleetMax } from "../../core/membership/limits.ts";
import { assertGrantable } from "../../grants.ts";
import { requireMembership, writeOperation } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { shownText } from "../../store/shown-text.ts";
import { assertRoom } from "../../store/turns.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { roleNameSchema, roleRightsSchema, roleSchema, toRole } from "./role-view.ts";

export const createRole = writeOperation({
  id: "createRole",
  method: "POST",
  path: "/v1/fleets/{fleet}/roles",
  tag: "Roles",
  summary: "Make a role of the fleet's own",
  access: { kind: "fleet", right: "roles:manage" },
  params: fleetParams,
  body: z.object({
    name: roleNameSchema,
    description: shownText(500).default(""),
    rights: roleRightsSchema.describe("None that you lack"),
  }),
  answers: { 201: roleSchema },
  handle: async ({ body, tx, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    assertGrantable({ ...call, services }, { rights: body.rights, fleetId, operation: "createRole" });
    await assertRoom(tx.db, {
      turn: `roles of ${fleetId}`,
      rows: tx.db
        .selectFrom("roles")
        .select(({ fn }) => fn.countAll<string>().as("count"))
        .where("fleet_id", "=", fleetId),
      max: rolesPerFleetMax,
      full: `A fleet has at most ${rolesPerFleetMax} roles of its own.`,
    });
    const row = await tx.db
      .insertInto("roles")
      .values({
        id: newId("rol", services.random),
        fleet_id: fleetId,
        name: body.name,
        description: body.description,
        rights: body.rights,
        created_at: tx.now,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (isUniqueViolation(error))
          throw new Failure("name_taken", `There is a role ${body.name} already.`);
        throw error;
      });
    tx.audit({
      action: "role.create",
      fleet: fleetId,
      target: { kind: "role", id: row.id },
      body: { name: row.name, rights: row.rights },
    });
    tx.publish("roles", row.id, fleetId);
    return { status: 201, body: toRole(row), version: row.version };
  },
});
