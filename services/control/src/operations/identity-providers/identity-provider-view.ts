import { z } from "zod";
import type { IdentityProviderRow } from "../../store/identity/identity-providers.ts";

export const access = { kind: "installation", right: "identity:manage" } as const;

export const fieldsSchema = z.object({
  name: z.string().min(1).max(64),
  issuer: z
    .url({ protocol: /^https?$/ })
    .max(512)
    .describe("https://; plain http to this machine alone"),
  clientId: z.string().min(1).max(256),
  scopes: z.array(z.string().max(64)).max(16).default(["openid", "email", "profile"]),
  groupsClaim: z.string().max(64).default("groups"),
  signUp: z.boolean().default(false).describe("Whether somebody who is not known yet gets an account"),
  mfaTrusted: z
    .boolean()
    .default(false)
    .describe("Whether each sign-in there counts as one with a second factor"),
});

export const slugSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "lowercase letters, digits and - within are expected");

export const providerSchema = fieldsSchema
  .extend({
    id: z.string(),
    slug: z.string(),
    hasClientSecret: z.boolean(),
    redirectUri: z.string().describe("To be entered at the provider"),
    createdAt: z.iso.datetime(),
    disabledAt: z.iso.datetime().nullable(),
    version: z.number().int(),
  })
  .meta({ id: "IdentityProvider" });

export const toProvider = (row: IdentityProviderRow, publicUrl: string): z.input<typeof providerSchema> => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  issuer: row.issuer,
  clientId: row.client_id,
  scopes: row.scopes,
  groupsClaim: row.groups_claim,
  signUp: row.is_sign_up_allowed,
  mfaTrusted: row.is_mfa_trusted,
  hasClientSecret: row.client_secret_sealed !== null,
  redirectUri: `${publicUrl}/v1/sign-in/oidc-callback`,
  createdAt: row.created_at.toISOString(),
  disabledAt: row.disabled_at?.toISOString() ?? null,
  version: row.version,
});

export const params = z.object({ provider: z.string().max(64).describe("Id") });
