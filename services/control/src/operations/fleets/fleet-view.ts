import type { Selectable } from "kysely";
import { z } from "zod";
import type { FleetTable } from "../../store/tables/access-tables.ts";

export const fleetSchema = z
  .object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    description: z.string(),
    mfaRequired: z.boolean(),
    outagePolicy: z.enum(["best_effort", "strict"]),
    approvalNeeded: z.boolean(),
    createdAt: z.iso.datetime(),
    disabledAt: z.iso.datetime().nullable(),
    deleteAfter: z.iso.datetime().nullable(),
    version: z.number().int(),
    role: z.string().nullable().describe("Yours in it"),
  })
  .meta({ id: "Fleet" });

export const toFleet = (row: Selectable<FleetTable>, role: string | null): z.input<typeof fleetSchema> => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  description: row.description,
  mfaRequired: row.mfa_required,
  outagePolicy: row.outage_policy === "strict" ? "strict" : "best_effort",
  approvalNeeded: row.is_approval_needed,
  createdAt: row.created_at.toISOString(),
  disabledAt: row.disabled_at?.toISOString() ?? null,
  deleteAfter: row.delete_after?.toISOString() ?? null,
  version: row.version,
  role,
});

/** A lowercase DNS label: it may stand in names and addresses. */
export const slugSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "lowercase letters, digits and - within are expected");
