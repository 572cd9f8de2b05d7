import type { Selectable } from "kysely";
import { z } from "zod";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import type { ServiceAccountTable } from "../../store/tables/access-tables.ts";

export type ServiceAccountRow = Selectable<ServiceAccountTable>;

export const serviceAccountSchema = z
  .object({
    id: z.string(),
    fleetId: z.string(),
    name: z.string(),
    description: z.string(),
    role: z.string(),
    createdAt: z.iso.datetime(),
    createdBy: z.string().nullable(),
    disabledAt: z.iso.datetime().nullable(),
    version: z.number().int(),
  })
  .meta({ id: "ServiceAccount" });

/** It stands in commands and logs. */
export const serviceNameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/, "a lowercase name is expected");

export const serviceParams = fleetParams.extend({
  serviceAccount: z.string().max(64).describe("Id"),
});

export const toServiceAccount = (row: ServiceAccountRow): z.input<typeof serviceAccountSchema> => ({
  id: row.id,
  fleetId: row.fleet_id,
  name: row.name,
  description: row.description,
  role: row.role,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  disabledAt: row.disabled_at?.toISOString() ?? null,
  version: row.version,
});
