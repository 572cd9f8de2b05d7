import type { Selectable } from "kysely";
import { z } from "zod";
import { fleetRights, isFleetRight } from "../../core/access/rights.ts";
import { isBuiltInRole } from "../../core/access/roles.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { fleetRightSchema } from "../../store/membership/fleet-right-schema.ts";
import type { RoleTable } from "../../store/tables/access-tables.ts";

export const roleSchema = z
  .object({
    id: z.string().describe("Of a built-in role: its name"),
    name: z.string(),
    description: z.string(),
    rights: z.array(z.string()),
    isBuiltIn: z.boolean(),
    createdAt: z.iso.datetime().nullable(),
    version: z.number().int().nullable(),
  })
  .meta({ id: "Role" });

export const roleNameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/, "a lowercase name is expected")
  .refine((name) => !isBuiltInRole(name), "a built-in role is called so");

export const roleRightsSchema = z
  .array(fleetRightSchema)
  .max(fleetRights.length)
  .transform((rights) => [...new Set(rights)].sort());

export const roleParams = fleetParams.extend({ role: z.string().max(64).describe("Id") });

export const toRole = (row: Selectable<RoleTable>): z.input<typeof roleSchema> => ({
  id: row.id,
  name: row.name,
  description: row.description,
  rights: row.rights.filter(isFleetRight),
  isBuiltIn: false,
  createdAt: row.created_at.toISOString(),
  version: row.version,
});
