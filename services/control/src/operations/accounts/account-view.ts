import { z } from "zod";
import { installationRoles } from "../../core/access/roles.ts";
import type { AccountRow } from "../../store/identity/owners.ts";

export const accountSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    installationRole: z.enum(installationRoles),
    hasPassword: z.boolean(),
    lastSignInAt: z.iso.datetime().nullable(),
    disabledAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    version: z.number().int(),
  })
  .meta({ id: "Account" });

export const toAccount = (row: AccountRow): z.input<typeof accountSchema> => ({
  id: row.id,
  email: row.email,
  name: row.name,
  installationRole: installationRoles.find((role) => role === row.installation_role) ?? "member",
  hasPassword: row.password_hash !== null,
  lastSignInAt: row.last_sign_in_at?.toISOString() ?? null,
  disabledAt: row.disabled_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
  version: row.version,
});

export const accountParams = z.object({ account: z.string().max(64).describe("Id") });
