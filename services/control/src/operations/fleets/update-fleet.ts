import { Failure } from "@cmdop/base";
import { z } from "zod";
import { assertVersion, requireMembership, requirePrincipal, writeOperation } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { shownName, shownText } from "../../store/shown-text.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { fleetSchema, slugSchema, toFleet } from "./fleet-view.ts";

export const updateFleet = writeOperation({
  id: "updateFleet",
  method: "PATCH",
  path: "/v1/fleets/{fleet}",
  tag: "Fleets",
  summary: "Change a fleet: its names and its policies",
  access: { kind: "fleet", right: "fleet:update" },
  params: fleetParams,
  body: z.object({
    name: shownName(100).optional(),
    slug: slugSchema.optional(),
    description: shownText(500).optional(),
    mfaRequired: z.boolean().optional().describe("Nobody works in it without a second factor"),
    approvalNeeded: z.boolean().optional().describe("Machines that join wait until somebody lets them in"),
    outagePolicy: z
      .enum(["best_effort", "strict"])
      .optional()
      .describe("While edges hear nothing of revocations: go on with what is known, or let nobody new in"),
  }),
  answers: { 200: fleetSchema },
  handle: async ({ body, tx, ifMatch, ...call }) => {
    const { fleetId, role } = requireMembership(call);
    const row = await tx.db
      .selectFrom("fleets")
      .selectAll()
      .where("id", "=", fleetId)
      .forUpdate()
      .executeTakeFirstOrThrow();
    assertVersion(row, ifMatch);
    if (body.mfaRequired && !requirePrincipal(call).credential.hasSecondFactor) {
      throw new Failure("mfa_needed", "You would lock yourself out: sign in with a second factor first.");
    }
    const changed = await tx.db
      .updateTable("fleets")
      .set((set) => ({
        ...(body.name === undefined ? {} : { name: body.name }),
        ...(body.slug === undefined ? {} : { slug: body.slug }),
        ...(body.description === undefined ? {} : { description: body.description }),
        ...(body.mfaRequired === undefined ? {} : { mfa_required: body.mfaRequired }),
        ...(body.approvalNeeded === undefined ? {} : { is_approval_needed: body.approvalNeeded }),
        ...(body.outagePolicy === undefined ? {} : { outage_policy: body.outagePolicy }),
        version: set("version", "+", 1),
      }))
      .where("id", "=", fleetId)
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new Failure("name_taken", `The slug ${body.slug} is taken.`);
        throw error;
      });
    tx.audit({
      action: "fleet.update",
      fleet: fleetId,
      target: { kind: "fleet", id: fleetId },
      body: {
        before: policiesOf(row),
        after: policiesOf(changed),
      },
    });
    if (changed.mfa_required && !row.mfa_required) await endWhatNeedsIt(tx, fleetId);
    tx.publish("fleets", fleetId, fleetId);
    return { status: 200, body: toFleet(changed, role), version: changed.version };
  },
});

/** Edges ask anew about everybody in it: whoever gave a second factor comes back, and the others do not. */
const endWhatNeedsIt = async (tx: WriteTransaction, fleetId: string): Promise<void> => {
  const members = await tx.db
    .selectFrom("memberships")
    .select("id")
    .where("fleet_id", "=", fleetId)
    .orderBy("id")
    .execute();
  tx.revoke(
    members.map(({ id }) => id),
    "the fleet asks for a second factor",
  );
};

const policiesOf = (row: Parameters<typeof toFleet>[0]) => ({
  name: row.name,
  slug: row.slug,
  mfaRequired: row.mfa_required,
  approvalNeeded: row.is_approval_needed,
  outagePolicy: row.outage_policy,
});
