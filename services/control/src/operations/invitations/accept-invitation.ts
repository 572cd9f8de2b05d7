import { Failure, newId } from "@cmdop/base";
import { z } from "zod";
import type { FleetRight } from "../../core/access/rights.ts";
import { outlasts } from "../../grants.ts";
import { requirePrincipal, writeOperation } from "../../operation.ts";
import { absentPrincipal } from "../../store/identity/principals.ts";
import { passMachineLimits } from "../../store/machines/machine-access.ts";
import { hashInvitationCode } from "../../store/membership/invitations.ts";
import { rightsOf } from "../../store/membership/memberships.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { isUniqueViolation } from "../../store/violations.ts";

const spent = (): Failure =>
  new Failure("gone", "The invitation was used, taken back, has run out, or is for somebody else.");

export const acceptInvitation = writeOperation({
  id: "acceptInvitation",
  method: "POST",
  path: "/v1/invitations/accept",
  tag: "Invitations",
  summary: "Accept an invitation into a fleet",
  description:
    "Of many at once one is taken. A key does not accept: it would reach further than it was given.",
  access: { kind: "signed_in" },
  // The fleet is one that the account is not in yet.
  rows: "all",
  perMinute: 120,
  body: z.object({ code: z.string().max(64) }),
  answers: {
    201: z.object({ memberId: z.string(), fleetId: z.string(), fleetSlug: z.string(), role: z.string() }),
  },
  handle: async ({ body, tx, services, ...call }) => {
    const principal = requirePrincipal(call);
    const { scopes, fleets } = principal.credential;
    if (principal.kind !== "account" || scopes !== "*" || fleets !== "*") {
      throw new Failure("permission_denied", "Accept it signed in as yourself: a key cannot.");
    }
    const account = await tx.db
      .selectFrom("accounts")
      .select(["id", "email"])
      .where("id", "=", principal.id)
      .executeTakeFirstOrThrow();
    const invitation = await tx.db
      .updateTable("invitations")
      .set({ accepted_at: tx.now, accepted_by: account.id })
      .where("hash", "=", hashInvitationCode(body.code.trim()))
      .where("email", "=", account.email)
      .where("accepted_at", "is", null)
      .where("cancelled_at", "is", null)
      .where("expires_at", ">", tx.now)
      .returningAll()
      .executeTakeFirst();
    if (!invitation) throw spent();
    const { fleet_id: fleetId, role } = invitation;
    const fleet = await tx.db
      .selectFrom("fleets")
      .select("slug")
      .where("id", "=", fleetId)
      .where("disabled_at", "is", null)
      .executeTakeFirst();
    if (!fleet || (invitation.membership_expires_at && invitation.membership_expires_at <= tx.now))
      throw spent();
    const giver = await standingGiver(tx, { accountId: invitation.created_by, fleetId, role });
    if (outlasts(invitation.membership_expires_at, giver)) throw spent();
    const memberId = newId("mem", services.random);
    await tx.db
      .insertInto("memberships")
      .values({
        id: memberId,
        fleet_id: fleetId,
        account_id: account.id,
        role,
        invited_by: invitation.created_by,
        expires_at: invitation.membership_expires_at,
        created_at: tx.now,
      })
      .execute()
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new Failure("conflict", "You are in this fleet already.");
        throw error;
      });
    await passMachineLimits(tx, giver, { membershipId: memberId });
    tx.audit({
      action: "invitation.accept",
      fleet: fleetId,
      target: { kind: "invitation", id: invitation.id },
      body: { member: memberId, role },
    });
    tx.publish("members", memberId, fleetId);
    return { status: 201, body: { memberId, fleetId, fleetSlug: fleet.slug, role } };
  },
});

/** Whoever invited must be able to give it still: what they lost meanwhile their invitations do not give. */
const standingGiver = async (
  tx: WriteTransaction,
  wanted: { readonly accountId: string; readonly fleetId: string; readonly role: string },
) => {
  const giver = await absentPrincipal(tx.db, { kind: "account", id: wanted.accountId });
  const membership = giver?.memberships.get(wanted.fleetId);
  const isOver = membership?.expiresAtMs !== undefined && membership.expiresAtMs <= tx.nowMs;
  const needed: readonly FleetRight[] = [
    "members:invite",
    ...(await rightsOf(tx.db, wanted.role, wanted.fleetId)),
  ];
  if (!membership || isOver || !needed.every((right) => membership.rights.has(right))) throw spent();
  return membership;
};
