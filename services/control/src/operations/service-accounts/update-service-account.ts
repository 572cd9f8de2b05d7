import { Failure } from "@cmdop/base";
import { z } from "zod";
import { assertGrantable, assertReachable } from "../../grants.ts";
import { assertVersion, requireMembership, requirePrincipal, writeOperation } from "../../operation.ts";
import { machineAccessOf } from "../../store/machines/machine-access.ts";
import { rightsOf } from "../../store/membership/memberships.ts";
import { findRole } from "../../store/membership/roles.ts";
import { shownText } from "../../store/shown-text.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import {
  serviceAccountSchema,
  serviceNameSchema,
  serviceParams,
  toServiceAccount,
} from "./service-account-view.ts";

export const updateServiceAccount = writeOperation({
  id: "updateServiceAccount",
  method: "PATCH",
  path: "/v1/fleets/{fleet}/service-accounts/{serviceAccount}",
  tag: "Service accounts",
  summary: "Change a service account: its name, role, or whether it is disabled",
  description: "You need every right that it has and will have, here and on single machines.",
  access: { kind: "fleet", right: "members:manage" },
  params: serviceParams,
  body: z.object({
    name: serviceNameSchema.optional(),
    description: shownText(500).optional(),
    role: z.string().max(100).optional(),
    isDisabled: z.boolean().optional().describe("Its keys do not work while it is"),
  }),
  answers: { 200: serviceAccountSchema },
  handle: async ({ params, body, tx, services, ifMatch, ...call }) => {
    const membership = requireMembership(call);
    const { fleetId } = membership;
    const row = await tx.db
      .selectFrom("service_accounts")
      .selectAll()
      .where("id", "=", params.serviceAccount)
      .where("fleet_id", "=", fleetId)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such service account in this fleet.");
    assertVersion(row, ifMatch);
    if (row.id === requirePrincipal(call).id && body.role !== undefined) {
      throw new Failure("permission_denied", "Nobody changes the own role.");
    }
    const wanted = body.role === undefined ? undefined : await findRole(tx.db, fleetId, body.role);
    const before = await rightsOf(tx.db, row.role, fleetId);
    const after = wanted?.rights ?? before;
    const operation = "updateServiceAccount";
    assertGrantable({ ...call, services }, { rights: new Set([...before, ...after]), fleetId, operation });
    // Enabling gives its rights back, as a role does.
    const isEnabled = row.disabled_at !== null && body.isDisabled === false;
    if (isEnabled || [...after].some((right) => !before.has(right))) {
      const levels = await machineAccessOf(tx.db, row.id);
      assertReachable({ ...call, services }, { giver: membership, levels, operation });
    }
    const changed = await tx.db
      .updateTable("service_accounts")
      .set((set) => ({
        ...(body.name === undefined ? {} : { name: body.name }),
        ...(body.description === undefined ? {} : { description: body.description }),
        ...(wanted ? { role: wanted.role } : {}),
        ...(body.isDisabled === undefined ? {} : { disabled_at: body.isDisabled ? tx.now : null }),
        version: set("version", "+", 1),
      }))
      .where("id", "=", row.id)
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new Failure("name_taken", `There is a ${body.name} already.`);
        throw error;
      });
    tx.audit({
      action: "service_account.update",
      fleet: fleetId,
      target: { kind: "service_account", id: row.id },
      body: { name: changed.name, role: changed.role, isDisabled: changed.disabled_at !== null },
    });
    if (changed.role !== row.role || changed.disabled_at)
      tx.revoke([row.id], "the service account was changed");
    tx.publish("members", row.id, fleetId);
    return { status: 200, body: toServiceAccount(changed), version: changed.version };
  },
});
