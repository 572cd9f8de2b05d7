import { Failure } from "@cmdop/base";
import { requireMembership, writeOperation } from "../../operation.ts";
import { enrolmentParams, enrolmentSchema, toEnrolment } from "./enrolment-view.ts";

const decision = (decided: {
  readonly id: string;
  readonly verb: "approve" | "deny";
  readonly state: "approved" | "denied";
  readonly summary: string;
}) =>
  writeOperation({
    id: decided.id,
    method: "POST",
    path: `/v1/fleets/{fleet}/enrolments/{enrolment}/${decided.verb}`,
    tag: "Machines",
    summary: decided.summary,
    access: { kind: "fleet", right: "machines:approve" },
    params: enrolmentParams,
    answers: { 200: enrolmentSchema },
    handle: async ({ params, tx, ...call }) => {
      const { fleetId } = requireMembership(call);
      const row = await tx.db
        .updateTable("enrolments")
        .set({ state: decided.state, decided_at: tx.now, decided_by: tx.actor.id })
        .where("id", "=", params.enrolment)
        .where("fleet_id", "=", fleetId)
        .where("state", "=", "waiting")
        .where("expires_at", ">", tx.now)
        .returningAll()
        .executeTakeFirst();
      if (!row) throw new Failure("not_found", "No such machine waits, or somebody has decided.");
      tx.audit({
        action: `enrolment.${decided.verb}`,
        fleet: fleetId,
        target: { kind: "enrolment", id: row.id },
        body: { name: row.name, key: row.key_fingerprint },
      });
      tx.publish("enrolment", row.id, fleetId);
      return { status: 200, body: toEnrolment(row) };
    },
  });

export const approveEnrolment = decision({
  id: "approveEnrolment",
  verb: "approve",
  state: "approved",
  summary: "Let a machine in that waits",
});

export const denyEnrolment = decision({
  id: "denyEnrolment",
  verb: "deny",
  state: "denied",
  summary: "Turn a machine away that waits",
});
