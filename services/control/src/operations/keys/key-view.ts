import type { Selectable } from "kysely";
import { z } from "zod";
import { fleetRights } from "../../core/access/rights.ts";
import { keyLimitsSchema } from "../../store/edges/router-part.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { fleetRightSchema } from "../../store/membership/fleet-right-schema.ts";
import type { CredentialTable } from "../../store/tables/access-tables.ts";

export type KeyRow = Selectable<CredentialTable> & {
  readonly account_name: string | null;
  readonly service_name: string | null;
};

/** A right that an earlier version knew may stand in a row; it allows nothing. */
const scopesSchema = z.array(z.string()).nullable().describe("Null: all that its bearer may");

export const keySchema = z
  .object({
    id: z.string(),
    kind: z.enum(["api", "svc"]).describe("Of a person, of a service account"),
    fleetId: z.string(),
    name: z.string(),
    fingerprint: z.string().describe("Its name in lists, in the audit log and in the logs of edges"),
    bearer: z.object({ kind: z.enum(["account", "service"]), id: z.string(), name: z.string() }),
    actor: z.enum(["ai", "program"]),
    scopes: scopesSchema,
    limits: keyLimitsSchema,
    state: z.enum(["live", "expired", "revoked"]),
    createdAt: z.iso.datetime(),
    createdBy: z.string().nullable(),
    expiresAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable(),
    lastUsedFrom: z.string().nullable(),
    revokedAt: z.iso.datetime().nullable(),
    revokedReason: z.string().nullable(),
    replacedBy: z.string().nullable().describe("The key that took its place by rotation"),
    version: z.number().int(),
  })
  .meta({ id: "Key" });

export const newKeySchema = keySchema.extend({ secret: z.string() }).meta({ id: "NewKey" });

export const keyParams = fleetParams.extend({
  key: z.string().max(64).describe("Id"),
});

export const keyScopes = z.array(fleetRightSchema).min(1).max(fleetRights.length);

export const toKey = (row: KeyRow, nowMs: number): z.input<typeof keySchema> => {
  const isService = row.service_account_id !== null;
  return {
    id: row.id,
    kind: isService ? "svc" : "api",
    fleetId: row.fleet_id ?? "",
    name: row.name,
    fingerprint: row.fingerprint,
    bearer: isService
      ? { kind: "service", id: row.service_account_id ?? "", name: row.service_name ?? "" }
      : { kind: "account", id: row.account_id ?? "", name: row.account_name ?? "" },
    actor: row.client.actor === "ai" ? "ai" : "program",
    scopes: row.scopes,
    limits: keyLimitsSchema.parse(row.limits ?? {}),
    state: row.revoked_at
      ? "revoked"
      : row.expires_at && row.expires_at.getTime() <= nowMs
        ? "expired"
        : "live",
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    lastUsedFrom: row.last_used_from,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    revokedReason: row.revoked_reason,
    replacedBy: row.replaced_by,
    version: row.version,
  };
};
