import { fleetDeletionMs } from "../../core/membership/limits.ts";
import { requireMembership, writeOperation } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { fleetSchema, toFleet } from "./fleet-view.ts";

export const deleteFleet = writeOperation({
  id: "deleteFleet",
  method: "DELETE",
  path: "/v1/fleets/{fleet}",
  tag: "Fleets",
  summary: "End a fleet: at once for everybody, for good after 24 hours",
  description: "Until then whoever may end it can take that back: POST /v1/fleets/{fleet}/restore.",
  access: { kind: "fleet", right: "fleet:delete" },
  isFreshSignInNeeded: true,
  params: fleetParams,
  answers: { 200: fleetSchema },
  handle: async ({ tx, ...call }) => {
    const { fleetId, role } = requireMembership(call);
    const deleteAfter = new Date(tx.nowMs + fleetDeletionMs);
    const row = await tx.db
      .updateTable("fleets")
      .set((set) => ({ disabled_at: tx.now, delete_after: deleteAfter, version: set("version", "+", 1) }))
      .where("id", "=", fleetId)
      .returningAll()
      .executeTakeFirstOrThrow();
    tx.audit({
      action: "fleet.delete",
      fleet: fleetId,
      target: { kind: "fleet", id: fleetId },
      body: { slug: row.slug, deleteAfter: deleteAfter.toISOString() },
    });
    tx.revoke([fleetId], "the fleet was ended");
    tx.publish("fleets", fleetId, fleetId);
    return { status: 200, body: toFleet(row, role), version: row.version };
  },
});
