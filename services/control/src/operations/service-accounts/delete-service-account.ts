import { Failure } from "@cmdop/base";
import { requireMembership, writeOperation } from "../../operation.ts";
import { serviceParams } from "./service-account-view.ts";

export const deleteServiceAccount = writeOperation({
  id: "deleteServiceAccount",
  method: "DELETE",
  path: "/v1/fleets/{fleet}/service-accounts/{serviceAccount}",
  tag: "Service accounts",
  summary: "Remove a service account with its keys, here and at every edge at once",
  access: { kind: "fleet", right: "members:manage" },
  params: serviceParams,
  answers: { 204: null },
  handle: async ({ params, tx, ...call }) => {
    const { fleetId } = requireMembership(call);
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
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such service account in this fleet.");
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
