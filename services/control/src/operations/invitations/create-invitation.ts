import { Failure, newId, randomBase62 } from "@cmdop/base";
import { z } from "zod";
import { invitationHours, invitationsWaitingMax } from "../../core/membership/limits.ts";
import { assertGrantable, assertNotOutlasting } from "../../grants.ts";
import { requireMembership, requirePrincipal, writeOperation } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { hashInvitationCode, invitationCodeChars } from "../../store/membership/invitations.ts";
import { findRole } from "../../store/membership/roles.ts";
import { assertRoom } from "../../store/turns.ts";
import { invitationSchema, toInvitation } from "./invitation-view.ts";

const hourMs = 3_600_000;

export const createInvitation = writeOperation({
  id: "createInvitation",
  method: "POST",
  path: "/v1/fleets/{fleet}/invitations",
  tag: "Invitations",
  summary: "Invite somebody into a fleet",
  description:
    "Nothing is sent: the code is shown once, to you, and serves the account with this e-mail address alone.",
  access: { kind: "fleet", right: "members:invite" },
  hasSecret: true,
  params: fleetParams,
  body: z.object({
    email: z
      .email()
      .max(254)
      .transform((text) => text.toLowerCase()),
    role: z.string().max(100).default("member").describe("A role's name or id"),
    expiresInHours: z
      .int()
      .min(invitationHours.min)
      .max(invitationHours.max)
      .default(invitationHours.default),
    membershipExpiresAt: z.iso.datetime().optional().describe("When the membership ends that comes of it"),
  }),
  answers: { 201: invitationSchema.extend({ secret: z.string() }).meta({ id: "NewInvitation" }) },
  handle: async ({ body, tx, services, ...call }) => {
    const membership = requireMembership(call);
    const { fleetId } = membership;
    if (requirePrincipal(call).kind !== "account") {
      throw new Failure("permission_denied", "People invite people: a service account does not.");
    }
    const { role, rights } = await findRole(tx.db, fleetId, body.role);
    assertGrantable({ ...call, services }, { rights, fleetId, operation: "createInvitation" });
    const membershipExpiresAt = body.membershipExpiresAt ? new Date(body.membershipExpiresAt) : null;
    if (membershipExpiresAt && membershipExpiresAt <= tx.now) {
      throw new Failure("invalid_argument", "The membership would have ended already.");
    }
    assertNotOutlasting(
      { ...call, services },
      { giver: membership, end: membershipExpiresAt, operation: "createInvitation" },
    );
    const member = await tx.db
      .selectFrom("memberships")
      .innerJoin("accounts", "accounts.id", "memberships.account_id")
      .select("memberships.id")
      .where("memberships.fleet_id", "=", fleetId)
      .where("accounts.email", "=", body.email)
      .executeTakeFirst();
    if (member) throw new Failure("conflict", `${body.email} is in this fleet already.`);
    await assertRoom(tx.db, {
      turn: `invitations of ${fleetId}`,
      rows: tx.db
        .selectFrom("invitations")
        .select(({ fn }) => fn.countAll<string>().as("count"))
        .where("fleet_id", "=", fleetId)
        .where("accepted_at", "is", null)
        .where("cancelled_at", "is", null)
        .where("expires_at", ">", tx.now),
      max: invitationsWaitingMax,
      full: `${invitationsWaitingMax} invitations wait already.`,
    });
    const code = randomBase62(invitationCodeChars, services.random);
    const row = await tx.db
      .insertInto("invitations")
      .values({
        id: newId("inv", services.random),
        fleet_id: fleetId,
        email: body.email,
        role,
        hash: hashInvitationCode(code),
        membership_expires_at: membershipExpiresAt,
        created_at: tx.now,
        created_by: tx.actor.id,
        expires_at: new Date(tx.nowMs + body.expiresInHours * hourMs),
        accepted_by: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    tx.audit({
      action: "invitation.create",
      fleet: fleetId,
      target: { kind: "invitation", id: row.id },
      body: { email: row.email, role, expiresAt: row.expires_at.toISOString() },
    });
    tx.publish("invitations", row.id, fleetId);
    return { status: 201, body: { ...toInvitation(row, tx.nowMs), secret: code } };
  },
});
