import { Failure } from "@cmdop/base";
import { assertGrantable } from "../../grants.ts";
import { requireMembership, writeOperation } from "../../operation.ts";
import { rightsOf } from "../../store/membership/memberships.ts";
import { serviceParams } from "./service-account-view.ts";

export const deleteServiceAccount = writeOperation({
  id: "deleteServiceAccount",
  method: "DELETE",
  path: "/v1/fleets/{fleet}/service-accounts/{serviceAccount}",
  tag: "Service accounts",
  summary: "Remove a service account with its keys, here and at every edge at once",
  description: "You need every right that it has.",
  access: { kind: "fleet", right: "members:manage" },
  params: serviceParams,
  answers: { 204: null },
  handle: async ({ params, tx, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    const found = await tx.db
      .selectFrom("service_accounts")
      .select("role")
      .where("id", "=", params.serviceAccount)
      .where("fleet_id", "=", fleetId)
      // Not given more before it is removed.
      .forUpdate()
      .executeTakeFirst();
    if (!found) throw new Failure("not_found", "There is no such service account in this fleet.");
    const rights = await rightsOf(tx.db, found.role, fleetId);
    assertGrantable({ ...call, services }, { rights, fleetId, operation: "deleteServiceAccount" });
    const keys = await tx.db
      .selectFrom("credentials")
      .select(["id", "fingerprint"])
      .where("service_account_id", "=", params.serviceAccount)
      .where("revoked_at", "is", null)
      .execute();
    const row = await tx.db
      .deleteFrom("service_accounts")
      .where("id", "=", params.serviceAccount)
      .where("fleet_id", "=", fleetId)
      .returning(["id", "name"])
      .executeTakeFirstOrThrow();
    tx.audit({
      action: "service_account.delete",
      fleet: fleetId,
      target: { kind: "service_account", id: row.id },
      body: { name: row.name, fingerprints: keys.map((key) => key.fingerprint) },
    });
    tx.revoke([row.id], "the service account was removed");
    tx.publish("members", row.id, fleetId);
    return { status: 204 };
  },
});
