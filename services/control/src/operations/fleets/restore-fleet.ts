import { Failure } from "@cmdop/base";
import { can } from "../../core/access/can.ts";
import { refuse } from "../../grants.ts";
import { requirePrincipal, writeOperation } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { endedMembershipsOf } from "../../store/membership/memberships.ts";
import { fleetSchema, toFleet } from "./fleet-view.ts";

export const restoreFleet = writeOperation({
  id: "restoreFleet",
  method: "POST",
  path: "/v1/fleets/{fleet}/restore",
  tag: "Fleets",
  summary: "Take the end of a fleet back, within its 24 hours",
  description: "Needs the right `fleet:delete` that you had in it.",
  access: { kind: "signed_in" },
  // Nobody is in a fleet that is ended.
  rows: "all",
  params: fleetParams,
  answers: { 200: fleetSchema },
  handle: async ({ params, tx, ...call }) => {
    const principal = requirePrincipal(call);
    const ended = await endedMembershipsOf(tx.db, principal.id);
    const membership = [...ended.values()].find(
      ({ fleetId, fleetSlug }) => fleetId === params.fleet || fleetSlug === params.fleet,
    );
    if (!membership)
      throw new Failure("not_found", "There is no such fleet that is ended, or you were not in it.");
    const { fleetId, role } = membership;
    const decision = can({ ...principal, memberships: ended }, "fleet:delete", { fleetId }, tx.nowMs);
    if (decision.kind === "deny") {
      throw refuse(call, {
        operation: "restoreFleet",
        fleetId,
        reason: decision.reason,
        text: "This needs the right fleet:delete.",
      });
    }
    const row = await tx.db
      .updateTable("fleets")
      .set((set) => ({ disabled_at: null, delete_after: null, version: set("version", "+", 1) }))
      .where("id", "=", fleetId)
      .where("delete_after", ">", tx.now)
      .returningAll()
      .executeTakeFirst();
    if (!row) throw new Failure("gone", "The fleet's 24 hours are over.");
    tx.audit({
      action: "fleet.restore",
      fleet: fleetId,
      target: { kind: "fleet", id: fleetId },
      body: { slug: row.slug },
    });
    tx.publish("fleets", fleetId, fleetId);
    return { status: 200, body: toFleet(row, role), version: row.version };
  },
});
