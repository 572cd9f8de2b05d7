import { hashOpaqueToken, parseOpaqueToken, tokenFingerprint } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { sql } from "kysely";
import { z } from "zod";
import { can } from "../../core/access/can.ts";
import type { Principal } from "../../core/access/principal.ts";
import { writeOperation } from "../../operation.ts";
import type { Reader } from "../../store/schema.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";

const entriesMax = 200;
const reason = "reported as leaked";

const traceSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    name: z.string(),
    fleetId: z.string().nullable(),
    wasLive: z.boolean().describe("Whether it could be used until now"),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
    lastUsedFrom: z.string().nullable(),
    entries: z
      .array(
        z.object({
          seq: z.number().int(),
          at: z.iso.datetime(),
          action: z.string(),
          outcome: z.string(),
          fleetId: z.string().nullable(),
          targetKind: z.string().nullable(),
          targetId: z.string().nullable(),
          requestId: z.string(),
        }),
      )
      .describe(`What it did, newest first, the last ${entriesMax} audit entries`),
  })
  .meta({ id: "LeakedKeyTrace" });

interface Found {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly account_id: string | null;
  readonly service_account_id: string | null;
  readonly fleet_id: string | null;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly last_used_from: string | null;
}

export const reportLeakedKey = writeOperation({
  id: "reportLeakedKey",
  method: "POST",
  path: "/v1/leaked-keys",
  tag: "Keys",
  summary: "Revoke a token that was found where it should not be",
  description:
    "Takes keys, logins, credentials of edges, and join tokens. Its owner, and whoever may revoke keys in its fleet, is told what it did; a stranger learns nothing.",
  access: { kind: "public", because: "whoever holds the token could do worse with it than end it" },
  perMinute: 5,
  body: z.object({ token: z.string().max(256) }),
  answers: {
    200: z.object({
      fingerprint: z.string(),
      result: z.literal("revoked_if_it_was_one"),
      trace: traceSchema.nullable(),
    }),
  },
  handle: async ({ body, tx, services, principal }) => {
    const token = body.token.trim();
    if (!parseOpaqueToken(token)) {
      throw new Failure(
        "invalid_argument",
        "This is no token of this kind of server: its checksum is wrong.",
      );
    }
    const hash = hashOpaqueToken(token);
    const fingerprint = tokenFingerprint(hash);
    const row = await tx.db
      .selectFrom("credentials")
      .select(["id", "kind", "name", "account_id", "service_account_id", "fleet_id"])
      .select(["created_at", "last_used_at", "last_used_from"])
      .where("hash", "=", Buffer.from(hash))
      .executeTakeFirst();
    const revoked = row
      ? await tx.db
          .updateTable("credentials")
          .set((set) => ({ revoked_at: tx.now, revoked_reason: reason, version: set("version", "+", 1) }))
          .where("id", "=", row.id)
          .where("revoked_at", "is", null)
          .returning("expires_at")
          .executeTakeFirst()
      : undefined;
    if (row && revoked) {
      tx.audit({
        action: "key.report_leaked",
        ...(row.fleet_id === null ? {} : { fleet: row.fleet_id }),
        target: { kind: "key", id: row.id },
        body: { fingerprint, kind: row.kind, name: row.name },
      });
      tx.revoke([row.id], reason);
      if (row.fleet_id !== null) tx.publish("keys", row.id, row.fleet_id);
    }
    const isJoinToken = row === undefined && (await revokeJoinToken(tx, Buffer.from(hash)));
    const isTold = row && principal && maySee(principal, row, services.clock.wallMs());
    const wasLive = revoked !== undefined && !(revoked.expires_at && revoked.expires_at <= tx.now);
    return {
      status: 200,
      body: {
        fingerprint,
        result: "revoked_if_it_was_one" as const,
        trace: isTold ? await traceOf(tx.db, row, { fingerprint, wasLive }) : null,
      },
      isUnchanged: revoked === undefined && !isJoinToken,
    };
  },
});

/** Machines that came with it stay; it lets none in any more. */
const revokeJoinToken = async (tx: WriteTransaction, hash: Buffer): Promise<boolean> => {
  const row = await tx.db
    .updateTable("join_tokens")
    .set((set) => ({ revoked_at: tx.now, version: set("version", "+", 1) }))
    .where("hash", "=", hash)
    .where("revoked_at", "is", null)
    .returning(["id", "fleet_id", "fingerprint"])
    .executeTakeFirst();
  if (!row) return false;
  tx.audit({
    action: "join_token.revoke",
    fleet: row.fleet_id,
    target: { kind: "join_token", id: row.id },
    reason,
    body: { fingerprint: row.fingerprint },
  });
  return true;
};

/** Not whoever asks with the leaked token itself: it ends with this request, and a finder is no owner. */
const maySee = (principal: Principal, row: Found, nowMs: number): boolean => {
  if (principal.credential.id === row.id) return false;
  if (principal.kind === "account" && principal.id === row.account_id)
    return principal.credential.scopes === "*";
  if (row.fleet_id === null) return can(principal, "accounts:manage", {}, nowMs).kind === "allow";
  return can(principal, "keys:revoke", { fleetId: row.fleet_id }, nowMs).kind === "allow";
};

const traceOf = async (
  db: Reader,
  row: Found,
  { fingerprint, wasLive }: { readonly fingerprint: string; readonly wasLive: boolean },
): Promise<z.input<typeof traceSchema>> => {
  const entries = await db
    .selectFrom("audit_entries")
    .select(["seq", "at", "action", "outcome", "fleet_id", "target_kind", "target_id", "request_id"])
    .where("actor_id", "=", row.account_id ?? row.service_account_id ?? row.id)
    // Canonical JSON (RFC 8785): members are sorted, so an actor begins with its fingerprint.
    .where(sql<boolean>`position(${`"actor":{"fingerprint":"${fingerprint}"`} in entry) > 0`)
    .orderBy("seq", "desc")
    .limit(entriesMax)
    .execute();
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    fleetId: row.fleet_id,
    wasLive,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    lastUsedFrom: row.last_used_from,
    entries: entries.map((entry) => ({
      seq: Number(entry.seq),
      at: entry.at.toISOString(),
      action: entry.action,
      outcome: entry.outcome,
      fleetId: entry.fleet_id,
      targetKind: entry.target_kind,
      targetId: entry.target_id,
      requestId: entry.request_id,
    })),
  };
};
