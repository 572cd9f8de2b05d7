import { Failure, newId } from "@cmdop/base";
import { z } from "zod";
import { serviceAccountsPerFleetMax } from "../../core/keys/limits.ts";
import { assertGrantable } from "../../grants.ts";
import { requireMembership, writeOperation } from "../../operation.ts";
import { passMachineLimits } from "../../store/machines/machine-access.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { findRole } from "../../store/membership/roles.ts";
import { shownText } from "../../store/shown-text.ts";
import { assertRoom } from "../../store/turns.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { serviceAccountSchema, serviceNameSchema, toServiceAccount } from "./service-account-view.ts";

export const createServiceAccount = writeOperation({
  id: "createServiceAccount",
  method: "POST",
  path: "/v1/fleets/{fleet}/service-accounts",
  tag: "Service accounts",
  summary: "Make a member that is a program: its keys depend on no person",
  access: { kind: "fleet", right: "members:manage" },
  params: fleetParams,
  body: z.object({
    name: serviceNameSchema,
    description: shownText(500).default(""),
    role: z.string().max(100).default("automation").describe("A role's name or id"),
  }),
  answers: { 201: serviceAccountSchema },
  handle: async ({ body, tx, services, ...call }) => {
    const membership = requireMembership(call);
    const { fleetId } = membership;
    const { role, rights } = await findRole(tx.db, fleetId, body.role);
    assertGrantable({ ...call, services }, { rights, fleetId, operation: "createServiceAccount" });
    await assertRoom(tx.db, {
      turn: `service accounts of ${fleetId}`,
      rows: tx.db
        .selectFrom("service_accounts")
        .select(({ fn }) => fn.countAll<string>().as("count"))
        .where("fleet_id", "=", fleetId),
      max: serviceAccountsPerFleetMax,
      full: `A fleet has at most ${serviceAccountsPerFleetMax} service accounts.`,
    });
    const row = await tx.db
      .insertInto("service_accounts")
      .values({
        id: newId("svc", services.random),
        fleet_id: fleetId,
        name: body.name,
        description: body.description,
        role,
        created_at: tx.now,
        created_by: tx.actor.id,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new Failure("name_taken", `There is a ${body.name} already.`);
        throw error;
      });
    await passMachineLimits(tx, membership, { serviceAccountId: row.id });
    tx.audit({
      action: "service_account.create",
      fleet: fleetId,
      target: { kind: "service_account", id: row.id },
      body: { name: row.name, role },
    });
    tx.publish("members", row.id, fleetId);
    return { status: 201, body: toServiceAccount(row), version: row.version };
  },
});
