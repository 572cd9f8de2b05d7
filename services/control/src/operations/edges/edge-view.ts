import type { Selectable } from "kysely";
import { z } from "zod";
import type { CredentialTable } from "../../store/tables/access-tables.ts";

export const edgeKindSchema = z.enum(["relay", "router"]);

export const edgeBodySchema = z.object({
  name: z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, "a lowercase name is expected"),
  kind: edgeKindSchema,
});

export const edgeSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: edgeKindSchema,
    fingerprint: z.string(),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
    revokedAt: z.iso.datetime().nullable(),
    version: z.number().int(),
  })
  .meta({ id: "Edge" });

export const newEdgeSchema = edgeSchema.extend({ secret: z.string() }).meta({ id: "NewEdge" });

type EdgeRow = Selectable<CredentialTable>;

export const toEdge = (row: EdgeRow): z.input<typeof edgeSchema> => ({
  id: row.id,
  name: row.name,
  kind: row.client.kind === "router" ? "router" : "relay",
  fingerprint: row.fingerprint,
  createdAt: row.created_at.toISOString(),
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
  revokedAt: row.revoked_at?.toISOString() ?? null,
  version: row.version,
});
