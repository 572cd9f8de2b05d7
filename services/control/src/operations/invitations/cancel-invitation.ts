import { Failure } from "@cmdop/base";
import { z } from "zod";
import { requireMembership, writeOperation } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";

export const cancelInvitation = writeOperation({
  id: "cancelInvitation",
  method: "DELETE",
  path: "/v1/fleets/{fleet}/invitations/{invitation}",
  tag: "Invitations",
  summary: "Take an invitation back",
  access: { kind: "fleet", right: "members:invite" },
  params: fleetParams.extend({ invitation: z.string().max(64).describe("Id") }),
  answers: { 204: null },
  handle: async ({ params, tx, ...call }) => {
    const { fleetId } = requireMembership(call);
    const row = await tx.db
      .updateTable("invitations")
      .set({ cancelled_at: tx.now })
      .where("id", "=", params.invitation)
      .where("fleet_id", "=", fleetId)
      .where("accepted_at", "is", null)
      .where("cancelled_at", "is", null)
      .returning(["id", "email"])
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such invitation that waits.");
    tx.audit({
      action: "invitation.cancel",
      fleet: fleetId,
      target: { kind: "invitation", id: row.id },
      body: { email: row.email },
    });
    tx.publish("invitations", row.id, fleetId);
    return { status: 204 };
  },
});
