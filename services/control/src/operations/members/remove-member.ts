import { assertGrantable } from "../../grants.ts";
import { requireMembership, requirePrincipal, writeOperation } from "../../operation.ts";
import { revokeKeys } from "../../store/keys/keys.ts";
import { assertOwnerLeft, lockOwners } from "../../store/membership/last-owner.ts";
import { rightsOf } from "../../store/membership/memberships.ts";
import { memberParams } from "./member-view.ts";
import { findMember } from "./read-members.ts";

export const removeMember = writeOperation({
  id: "removeMember",
  method: "DELETE",
  path: "/v1/fleets/{fleet}/members/{member}",
  tag: "Members",
  summary: "Remove a member, or leave a fleet",
  description:
    "Others need members:manage and every right that the member has. The last owner stays. The member's keys of this fleet are revoked, and what is live ends.",
  access: { kind: "fleet", right: "fleet:read" },
  params: memberParams,
  answers: { 204: null },
  handle: async ({ params, tx, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    const principal = requirePrincipal(call);
    await lockOwners(tx, fleetId);
    const row = await findMember(tx.db, fleetId, params.member);
    // A key that was given to a program does not leave in its owner's name.
    const isLeaving = row.account_id === principal.id && principal.credential.scopes === "*";
    if (!isLeaving) {
      call.authorize("members:manage", { fleetId });
      const rights = await rightsOf(tx.db, row.role, fleetId);
      assertGrantable({ ...call, services }, { rights, fleetId, operation: "removeMember" });
    }
    await tx.db.deleteFrom("memberships").where("id", "=", row.id).execute();
    await assertOwnerLeft(tx, fleetId);
    const reason = isLeaving ? "left the fleet" : "removed from the fleet";
    tx.audit({
      action: "member.remove",
      fleet: fleetId,
      target: { kind: "member", id: row.id },
      reason,
      body: { account: row.account_id, role: row.role },
    });
    tx.revoke([row.id], reason);
    await revokeKeys(tx, { fleetId, accountId: row.account_id }, reason);
    tx.publish("members", row.id, fleetId);
    return { status: 204 };
  },
});
