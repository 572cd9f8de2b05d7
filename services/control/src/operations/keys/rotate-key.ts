import { Failure } from "@cmdop/base";
import { z } from "zod";
import { isFleetRight } from "../../core/access/rights.ts";
import {
  dayMs,
  keyDaysDefault,
  keyDaysMax,
  overlapMinutesDefault,
  overlapMinutesMax,
  rotatedKeysPerBearerMax,
} from "../../core/keys/limits.ts";
import { assertGrantable, assertReachable, refuse } from "../../grants.ts";
import { writeOperation } from "../../operation.ts";
import { keyLimitsSchema } from "../../store/edges/router-part.ts";
import { addKey, type NewKey } from "../../store/keys/new-credentials.ts";
import { machineAccessOf } from "../../store/machines/machine-access.ts";
import { rightsOf } from "../../store/membership/memberships.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { type KeyRow, keyParams, newKeySchema, toKey } from "./key-view.ts";
import { fitToMaker } from "./maker.ts";
import { reachKey } from "./reach-key.ts";
import { assertRoomForKey } from "./room-for-key.ts";

const minuteMs = 60_000;

export const rotateKey = writeOperation({
  id: "rotateKey",
  method: "POST",
  path: "/v1/fleets/{fleet}/keys/{key}/rotate",
  tag: "Keys",
  summary: "Give a key a new secret; the old one ends after the overlap",
  description:
    "Your own key, or a service account's (needs members:manage); nobody gets the secret of another person's key.",
  access: { kind: "fleet", right: "keys:create" },
  isFreshSignInNeeded: true,
  hasSecret: true,
  params: keyParams,
  body: z.object({
    overlapMinutes: z.int().min(0).max(overlapMinutesMax).default(overlapMinutesDefault),
    expiresInDays: z.int().min(1).max(keyDaysMax).optional().describe("Without it: as long as the old one"),
  }),
  answers: { 201: newKeySchema },
  handle: async ({ params, body, tx, services, ...call }) => {
    const { row, isOwn, principal, membership } = await reachKey(tx.db, { ...call, services }, params.key);
    const { fleetId } = membership;
    if (row.account_id !== null && !isOwn) {
      throw refuse(
        { ...call, services },
        {
          operation: "rotateKey",
          fleetId,
          reason: "not_own",
          text: "It is another person's key: revoke it instead.",
        },
      );
    }
    if (!isOwn) call.authorize("members:manage", { fleetId });
    if (row.revoked_at) throw new Failure("gone", "The key is revoked.");
    if (row.expires_at && row.expires_at <= tx.now) throw new Failure("gone", "The key has run out.");
    const made = await fitToMaker(tx, principal, {
      scopes: row.scopes?.filter(isFleetRight) ?? null,
      limits: keyLimitsSchema.parse(row.limits ?? {}),
      expiresAt: new Date(tx.nowMs + lifetimeMs(row, body.expiresInDays)),
    });
    assertGrantable(
      { ...call, services },
      { rights: await grantedRights(tx, row, made.scopes, fleetId), fleetId, operation: "rotateKey" },
    );
    if (!isOwn && row.service_account_id !== null) {
      const levels = await machineAccessOf(tx.db, row.service_account_id);
      assertReachable({ ...call, services }, { giver: membership, levels, operation: "rotateKey" });
    }
    const bearer: NewKey["bearer"] =
      row.account_id === null
        ? { kind: "service", id: row.service_account_id ?? "" }
        : { kind: "account", id: row.account_id };
    await assertRoomForKey(tx, bearer, { fleetId, max: rotatedKeysPerBearerMax });
    const { row: replacing, secret } = await addKey(tx, services.random, {
      ...made,
      bearer,
      fleetId,
      name: row.name,
      client: row.client,
    });
    await endOld(tx, row, { replacedBy: replacing.id, overlapMs: body.overlapMinutes * minuteMs });
    tx.audit({
      action: "key.rotate",
      fleet: fleetId,
      target: { kind: "key", id: row.id },
      body: {
        fingerprint: row.fingerprint,
        replacedBy: replacing.id,
        newFingerprint: replacing.fingerprint,
        overlapMinutes: body.overlapMinutes,
      },
    });
    if (body.overlapMinutes === 0) tx.revoke([row.id], "rotated");
    tx.publish("keys", row.id, fleetId);
    const { account_name, service_name } = row;
    return {
      status: 201,
      body: { ...toKey({ ...replacing, account_name, service_name }, tx.nowMs), secret },
      version: replacing.version,
    };
  },
});

const lifetimeMs = (row: KeyRow, days: number | undefined): number => {
  if (days !== undefined) return days * dayMs;
  const lived = row.expires_at ? row.expires_at.getTime() - row.created_at.getTime() : 0;
  return lived > 0 ? Math.min(lived, keyDaysMax * dayMs) : keyDaysDefault * dayMs;
};

const grantedRights = async (
  tx: WriteTransaction,
  row: KeyRow,
  scopes: readonly string[] | null,
  fleetId: string,
) => {
  if (row.service_account_id === null) return scopes?.filter(isFleetRight) ?? [];
  const service = await tx.db
    .selectFrom("service_accounts")
    .select("role")
    .where("id", "=", row.service_account_id)
    .executeTakeFirstOrThrow();
  const rights = await rightsOf(tx.db, service.role, fleetId);
  return [...rights].filter((right) => scopes === null || scopes.includes(right));
};

/** Of several rotations and other changes at once one comes first: the new key is as wide as the old one is now. */
const endOld = async (
  tx: WriteTransaction,
  row: KeyRow,
  { replacedBy, overlapMs }: { readonly replacedBy: string; readonly overlapMs: number },
): Promise<void> => {
  const endsAt = new Date(tx.nowMs + overlapMs);
  const ended = await tx.db
    .updateTable("credentials")
    .set((set) => ({
      replaced_by: replacedBy,
      version: set("version", "+", 1),
      ...(overlapMs === 0 ? { revoked_at: tx.now, revoked_reason: "rotated" } : {}),
      ...(row.expires_at && row.expires_at < endsAt ? {} : { expires_at: endsAt }),
    }))
    .where("id", "=", row.id)
    .where("version", "=", row.version)
    .where("replaced_by", "is", null)
    .where("revoked_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  if (!ended) {
    throw new Failure(
      "conflict",
      row.replaced_by === null
        ? "The key was changed at this moment: look at it again."
        : "The key was rotated already: rotate the one in its place.",
    );
  }
};
