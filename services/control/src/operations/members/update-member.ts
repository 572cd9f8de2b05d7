import { Failure } from "@cmdop/base";
import { z } from "zod";
import { assertGrantable, assertNotOutlasting, assertReachable, refuse } from "../../grants.ts";
import { assertVersion, requireMembership, requirePrincipal, writeOperation } from "../../operation.ts";
import { machineAccessOf } from "../../store/machines/machine-access.ts";
import { assertOwnerLeft, lockOwners } from "../../store/membership/last-owner.ts";
import { rightsOf } from "../../store/membership/memberships.ts";
import { findRole } from "../../store/membership/roles.ts";
import { memberParams, memberSchema, toMember } from "./member-view.ts";
import { findMember } from "./read-members.ts";

export const updateMember = writeOperation({
  id: "updateMember",
  method: "PATCH",
  path: "/v1/fleets/{fleet}/members/{member}",
  tag: "Members",
  summary: "Give a member another role, or an end",
  description:
    "Nobody gives a right that they lack, here or on a single machine, nobody changes somebody who has more or puts an end off beyond their own, and the last owner stays. What somebody loses ends at every edge at once.",
  access: { kind: "fleet", right: "members:manage" },
  params: memberParams,
  body: z.object({
    role: z.string().max(100).optional().describe("A role's name or id"),
    expiresAt: z.iso.datetime().nullable().optional().describe("Null: no end"),
  }),
  answers: { 200: memberSchema },
  handle: async ({ params, body, tx, services, ifMatch, ...call }) => {
    const membership = requireMembership(call);
    const { fleetId } = membership;
    await lockOwners(tx, fleetId);
    const row = await findMember(tx.db, fleetId, params.member);
    assertVersion(row, ifMatch);
    const before = await rightsOf(tx.db, row.role, fleetId);
    const wanted = body.role === undefined ? undefined : await findRole(tx.db, fleetId, body.role);
    const after = wanted?.rights ?? before;
    assertGrantable(
      { ...call, services },
      { rights: new Set([...before, ...after]), fleetId, operation: "updateMember" },
    );
    const expiresAt = body.expiresAt == null ? null : new Date(body.expiresAt);
    if (body.expiresAt !== undefined && expiresAt && expiresAt <= tx.now) {
      throw new Failure("invalid_argument", "The end lies in the past: remove the member instead.");
    }
    const isPutOff =
      body.expiresAt !== undefined &&
      row.expires_at !== null &&
      (expiresAt === null || expiresAt > row.expires_at);
    if (isPutOff && row.account_id === requirePrincipal(call).id) {
      throw refuse(
        { ...call, services },
        { operation: "updateMember", fleetId, reason: "own_end", text: "Nobody puts off their own end." },
      );
    }
    if (isPutOff) {
      assertNotOutlasting(
        { ...call, services },
        { giver: membership, end: expiresAt, operation: "updateMember" },
      );
    }
    if (isPutOff || [...after].some((right) => !before.has(right))) {
      const levels = await machineAccessOf(tx.db, row.id);
      assertReachable({ ...call, services }, { giver: membership, levels, operation: "updateMember" });
    }
    const changed = await tx.db
      .updateTable("memberships")
      .set((set) => ({
        ...(wanted ? { role: wanted.role, source: "manual", provider_id: null } : {}),
        ...(body.expiresAt === undefined ? {} : { expires_at: expiresAt }),
        version: set("version", "+", 1),
      }))
      .where("id", "=", row.id)
      .where("version", "=", row.version)
      .returning("id")
      .executeTakeFirst();
    if (!changed) throw new Failure("precondition_failed");
    await assertOwnerLeft(tx, fleetId);
    tx.audit({
      action: "member.update",
      fleet: fleetId,
      target: { kind: "member", id: row.id },
      body: {
        account: row.account_id,
        roleBefore: row.role,
        role: wanted?.role ?? row.role,
        expiresAt: (body.expiresAt === undefined ? row.expires_at : expiresAt)?.toISOString() ?? null,
      },
    });
    // An end that was set is news for edges: what they know of this membership has none.
    const isLess = [...before].some((right) => !after.has(right)) || expiresAt !== null;
    if (isLess) tx.revoke([row.id], "the membership was changed");
    tx.publish("members", row.id, fleetId);
    const now = await findMember(tx.db, fleetId, row.id);
    return { status: 200, body: toMember(now), version: now.version };
  },
});
