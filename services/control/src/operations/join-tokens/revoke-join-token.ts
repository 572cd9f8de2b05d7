import { Failure } from "@cmdop/base";
import { z } from "zod";
import { requireMembership, writeOperation } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";

export const revokeJoinToken = writeOperation({
  id: "revokeJoinToken",
  method: "DELETE",
  path: "/v1/fleets/{fleet}/join-tokens/{joinToken}",
  tag: "Machines",
  summary: "Revoke a join token",
  description:
    "Machines that came with it stay; machines that wait to be let in with it do not come in any more.",
  access: { kind: "fleet", right: "machines:join" },
  params: fleetParams.extend({ joinToken: z.string().max(64).describe("Id") }),
  answers: { 204: null },
  handle: async ({ params, tx, ...call }) => {
    const { fleetId } = requireMembership(call);
    const row = await tx.db
      .updateTable("join_tokens")
      .set((set) => ({ revoked_at: tx.now, version: set("version", "+", 1) }))
      .where("id", "=", params.joinToken)
      .where("fleet_id", "=", fleetId)
      .where("revoked_at", "is", null)
      .returning(["id", "fingerprint"])
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such join token, or it is revoked.");
    tx.audit({
      action: "join_token.revoke",
      fleet: fleetId,
      target: { kind: "join_token", id: row.id },
      body: { fingerprint: row.fingerprint },
    });
    return { status: 204 };
  },
});
