import type { Selectable } from "kysely";
import { z } from "zod";
import type { CredentialTable } from "../../store/tables/access-tables.ts";

/** One place where somebody is signed in: a browser or a terminal. */
export const loginSchema = z
  .object({
    id: z.string(),
    kind: z.enum(["browser", "cli"]),
    name: z.string(),
    client: z.record(z.string(), z.string()).describe("As it calls itself"),
    fingerprint: z.string(),
    proofs: z.array(z.string()),
    createdAt: z.iso.datetime(),
    signedInAt: z.iso.datetime().nullable().describe("When its holder last proved who they are"),
    lastUsedAt: z.iso.datetime().nullable(),
    lastUsedFrom: z.string().nullable(),
    expiresAt: z.iso.datetime().nullable(),
    idleMs: z.number().nullable().describe("Without a use for so long it ends"),
    isCurrent: z.boolean().describe("Whether this was asked with it"),
  })
  .meta({ id: "Login" });

export const toLogin = (
  row: Selectable<CredentialTable>,
  currentId: string,
): z.input<typeof loginSchema> => ({
  id: row.id,
  kind: row.kind === "ses" ? "browser" : "cli",
  name: row.name,
  client: row.client,
  fingerprint: row.fingerprint,
  proofs: row.proofs,
  createdAt: row.created_at.toISOString(),
  signedInAt: row.signed_in_at?.toISOString() ?? null,
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
  lastUsedFrom: row.last_used_from,
  expiresAt: row.expires_at?.toISOString() ?? null,
  idleMs: row.idle_ms === null ? null : Number(row.idle_ms),
  isCurrent: row.id === currentId,
});
