import { z } from "zod";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import type { Reader } from "../../store/schema.ts";

export const memberSchema = z
  .object({
    id: z.string(),
    fleetId: z.string(),
    account: z.object({ id: z.string(), email: z.string(), name: z.string(), isDisabled: z.boolean() }),
    role: z.string().describe("A built-in role's name or a role's id"),
    roleName: z.string(),
    source: z.enum(["manual", "oidc"]).describe("oidc: a group of an identity provider gives it"),
    invitedBy: z.string().nullable(),
    expiresAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    version: z.number().int(),
  })
  .meta({ id: "Member" });

export const memberParams = fleetParams.extend({ member: z.string().max(64).describe("Id") });

export const memberRows = (db: Reader, fleetId: string) =>
  db
    .selectFrom("memberships")
    .innerJoin("accounts", "accounts.id", "memberships.account_id")
    .leftJoin("roles", (join) =>
      join.onRef("roles.id", "=", "memberships.role").onRef("roles.fleet_id", "=", "memberships.fleet_id"),
    )
    .selectAll("memberships")
    .select([
      "accounts.email",
      "accounts.name as account_name",
      "accounts.disabled_at as account_disabled_at",
      "roles.name as role_name",
    ])
    .where("memberships.fleet_id", "=", fleetId);

export type MemberRow = Awaited<ReturnType<ReturnType<typeof memberRows>["executeTakeFirstOrThrow"]>>;

export const toMember = (row: MemberRow): z.input<typeof memberSchema> => ({
  id: row.id,
  fleetId: row.fleet_id,
  account: {
    id: row.account_id,
    email: row.email,
    name: row.account_name,
    isDisabled: row.account_disabled_at !== null,
  },
  role: row.role,
  roleName: row.role_name ?? row.role,
  source: row.source === "oidc" ? "oidc" : "manual",
  invitedBy: row.invited_by,
  expiresAt: row.expires_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
  version: row.version,
});
