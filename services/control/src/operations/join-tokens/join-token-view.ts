import type { Selectable } from "kysely";
import { z } from "zod";
import { ephemeralAfterMs, joinTokenUsesMax, joinTokenValidMs, tagsMax } from "../../core/machines/limits.ts";
import { tagSchema } from "../../store/machines/machine-schemas.ts";
import type { JoinTokenTable } from "../../store/tables/machine-tables.ts";

const minuteMs = 60_000;

export const joinTokenBodySchema = z.object({
  name: z.string().max(100).default(""),
  expiresInS: z
    .number()
    .int()
    .min(joinTokenValidMs.min / 1_000)
    .max(joinTokenValidMs.max / 1_000)
    .default(joinTokenValidMs.default / 1_000),
  maxUses: z.number().int().min(1).max(joinTokenUsesMax).default(1),
  tags: z.array(tagSchema).max(tagsMax).default([]).describe("Machines that come with it get them"),
  ephemeral: z
    .boolean()
    .default(false)
    .describe("Machines that come with it are removed when they stay away"),
  ephemeralAfterMinutes: z
    .number()
    .int()
    .min(ephemeralAfterMs.min / minuteMs)
    .max(ephemeralAfterMs.max / minuteMs)
    .default(ephemeralAfterMs.default / minuteMs),
  approval: z.boolean().default(false).describe("Somebody has to let each machine in"),
});

export const joinTokenSchema = z
  .object({
    id: z.string(),
    fleetId: z.string(),
    name: z.string(),
    fingerprint: z.string(),
    tags: z.array(z.string()),
    ephemeralAfterMinutes: z.number().int().nullable(),
    approval: z.boolean(),
    pins: z.array(z.string()).describe("The control plane's keys that the join string names"),
    uses: z.number().int(),
    maxUses: z.number().int(),
    state: z.enum(["live", "used_up", "expired", "revoked"]),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    expiresAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
    version: z.number().int(),
  })
  .meta({ id: "JoinToken" });

export const newJoinTokenSchema = joinTokenSchema
  .extend({
    secret: z.string().describe("The join string"),
    controlUrl: z.string().describe("Where it is taken"),
  })
  .meta({ id: "NewJoinToken" });

export const toJoinToken = (
  row: Selectable<JoinTokenTable>,
  nowMs: number,
): z.input<typeof joinTokenSchema> => ({
  id: row.id,
  fleetId: row.fleet_id,
  name: row.name,
  fingerprint: row.fingerprint,
  tags: row.tags,
  ephemeralAfterMinutes: row.ephemeral_after_ms === null ? null : Number(row.ephemeral_after_ms) / minuteMs,
  approval: row.is_approval_needed,
  pins: row.pins,
  uses: row.uses,
  maxUses: row.max_uses,
  state: stateOf(row, nowMs),
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  expiresAt: row.expires_at.toISOString(),
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
  version: row.version,
});

const stateOf = (
  row: Selectable<JoinTokenTable>,
  nowMs: number,
): "live" | "used_up" | "expired" | "revoked" => {
  if (row.revoked_at) return "revoked";
  if (row.uses >= row.max_uses) return "used_up";
  return row.expires_at.getTime() <= nowMs ? "expired" : "live";
};
