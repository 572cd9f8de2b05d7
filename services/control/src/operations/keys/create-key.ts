import { Failure } from "@cmdop/base";
import { z } from "zod";
import type { FleetRight } from "../../core/access/rights.ts";
import { dayMs, keyDaysDefault, keyDaysMax } from "../../core/keys/limits.ts";
import { assertGrantable, assertReachable } from "../../grants.ts";
import { requireMembership, requirePrincipal, writeOperation } from "../../operation.ts";
import { keyLimitsSchema } from "../../store/edges/router-part.ts";
import { addKey } from "../../store/keys/new-credentials.ts";
import { machineAccessOf } from "../../store/machines/machine-access.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { rightsOf } from "../../store/membership/memberships.ts";
import { shownName } from "../../store/shown-text.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { keyScopes, newKeySchema, toKey } from "./key-view.ts";
import { fitToMaker } from "./maker.ts";
import { assertRoomForKey } from "./room-for-key.ts";

export const createKey = writeOperation({
  id: "createKey",
  method: "POST",
  path: "/v1/fleets/{fleet}/keys",
  tag: "Keys",
  summary: "Make a key for a program",
  description:
    "It is yours, or of a service account (needs members:manage). Good in this fleet alone, and never wider than you and what you ask with.",
  access: { kind: "fleet", right: "keys:create" },
  isFreshSignInNeeded: true,
  hasSecret: true,
  params: fleetParams,
  body: z.object({
    name: shownName(100),
    serviceAccount: z.string().max(100).optional().describe("Id or name; without it, the key is yours"),
    scopes: keyScopes.optional().describe("Rights; without them, all that its bearer may"),
    expiresInDays: z.int().min(1).max(keyDaysMax).default(keyDaysDefault),
    limits: keyLimitsSchema.default({}),
    actor: z.enum(["ai", "program"]).default("program").describe("What works with it: people see it"),
  }),
  answers: { 201: newKeySchema },
  handle: async ({ body, tx, services, ...call }) => {
    const principal = requirePrincipal(call);
    const membership = requireMembership(call);
    const { fleetId } = membership;
    const found = body.serviceAccount
      ? await findServiceAccount(tx, fleetId, body.serviceAccount)
      : { kind: principal.kind, id: principal.id, name: principal.name, rights: undefined };
    const { rights: bearerRights, ...bearer } = found;
    // It outlives its maker's membership: who makes one decides about members.
    if (bearerRights && bearer.id !== principal.id) call.authorize("members:manage", { fleetId });
    const made = await fitToMaker(tx, principal, {
      scopes: body.scopes ?? null,
      limits: body.limits,
      expiresAt: new Date(tx.nowMs + body.expiresInDays * dayMs),
    });
    assertGrantable(
      { ...call, services },
      { rights: grantedRights(bearerRights, made.scopes), fleetId, operation: "createKey" },
    );
    if (bearerRights && bearer.id !== principal.id) {
      const levels = await machineAccessOf(tx.db, bearer.id);
      assertReachable({ ...call, services }, { giver: membership, levels, operation: "createKey" });
    }
    await assertRoomForKey(tx, bearer, { fleetId });
    const { row, secret } = await addKey(tx, services.random, {
      ...made,
      bearer,
      fleetId,
      name: body.name,
      client: { actor: body.actor },
    });
    tx.audit({
      action: "key.create",
      fleet: fleetId,
      target: { kind: "key", id: row.id },
      body: {
        name: row.name,
        fingerprint: row.fingerprint,
        bearer: bearer.id,
        scopes: row.scopes,
        limits: row.limits,
        expiresAt: made.expiresAt.toISOString(),
      },
    });
    tx.publish("keys", row.id, fleetId);
    const named = { ...row, account_name: bearer.name, service_name: bearer.name };
    return { status: 201, body: { ...toKey(named, tx.nowMs), secret }, version: row.version };
  },
});

/** Of a key without scopes: of somebody else's the bearer's rights, of one's own nothing that one lacks. */
const grantedRights = (
  bearerRights: ReadonlySet<FleetRight> | undefined,
  scopes: readonly FleetRight[] | null,
): readonly FleetRight[] => {
  const scoped = scopes?.filter((right) => bearerRights?.has(right) ?? true);
  return scoped ?? [...(bearerRights ?? [])];
};

const findServiceAccount = async (tx: WriteTransaction, fleetId: string, wanted: string) => {
  const row = await tx.db
    .selectFrom("service_accounts")
    .select(["id", "name", "role"])
    .where("fleet_id", "=", fleetId)
    .where("disabled_at", "is", null)
    .where((is) => is.or([is("id", "=", wanted), is("name", "=", wanted)]))
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new Failure("not_found", "There is no such service account in this fleet.");
  return {
    kind: "service" as const,
    id: row.id,
    name: row.name,
    rights: await rightsOf(tx.db, row.role, fleetId),
  };
};
