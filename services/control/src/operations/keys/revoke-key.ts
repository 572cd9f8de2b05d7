import { Failure } from "@cmdop/base";
import { writeOperation } from "../../operation.ts";
import { revokeKeys } from "../../store/keys/keys.ts";
import { keyParams } from "./key-view.ts";
import { reachKey } from "./reach-key.ts";

export const revokeKey = writeOperation({
  id: "revokeKey",
  method: "DELETE",
  path: "/v1/fleets/{fleet}/keys/{key}",
  tag: "Keys",
  summary: "Revoke a key, here and at every edge at once",
  description:
    "Your own with a sign-in of yours, or any key by itself; everybody's with keys:revoke. What is live with it ends.",
  access: { kind: "fleet", right: "fleet:read" },
  params: keyParams,
  answers: { 204: null },
  handle: async ({ params, tx, ...call }) => {
    const { row, isOwn, principal, membership } = await reachKey(tx.db, call, params.key);
    const { credential } = principal;
    // A narrow key ends itself, but not its owner's other keys.
    const isAllowed = credential.id === row.id || (isOwn && credential.scopes === "*");
    if (!isAllowed) call.authorize("keys:revoke", { fleetId: membership.fleetId });
    const revoked = await revokeKeys(tx, { id: row.id, fleetId: membership.fleetId }, "revoked");
    if (revoked.length === 0) throw new Failure("gone", "The key was revoked already.");
    return { status: 204 };
  },
});
