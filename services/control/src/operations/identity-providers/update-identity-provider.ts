import { Failure } from "@cmdop/base";
import { z } from "zod";
import { assertVersion, writeOperation } from "../../operation.ts";
import { clientSecretContext, type IdentityProviderRow } from "../../store/identity/identity-providers.ts";
import { access, params, providerSchema, toProvider } from "./identity-provider-view.ts";

const editableSchema = z
  .object({
    name: z.string().min(1).max(64),
    clientId: z.string().min(1).max(256),
    clientSecret: z.string().min(1).max(1024).nullable().describe("Null: there is none"),
    scopes: z.array(z.string().max(64)).max(16),
    groupsClaim: z.string().max(64),
    signUp: z.boolean(),
    mfaTrusted: z.boolean(),
    isEnabled: z.boolean().describe("False: nobody signs in there for now"),
  })
  .partial();

export const updateIdentityProvider = writeOperation({
  id: "updateIdentityProvider",
  method: "PATCH",
  path: "/v1/identity-providers/{provider}",
  tag: "Identity providers",
  summary: "Change an identity provider, or shut it for now",
  description:
    "Its issuer and slug stay: who somebody is there means nothing at another issuer. What is live stays so; the " +
    "next sign-in goes by what is set then.",
  access,
  isFreshSignInNeeded: true,
  params,
  body: editableSchema,
  answers: { 200: providerSchema },
  handle: async ({ params: { provider }, body, tx, ifMatch, services }) => {
    const before = await tx.db
      .selectFrom("identity_providers")
      .selectAll()
      .where("id", "=", provider)
      .forUpdate()
      .executeTakeFirst();
    if (!before) throw new Failure("not_found", "There is no such identity provider.");
    assertVersion(before, ifMatch);
    const { clientSecret } = body;
    const row = await tx.db
      .updateTable("identity_providers")
      .set((set) => ({
        name: body.name ?? before.name,
        client_id: body.clientId ?? before.client_id,
        ...(clientSecret === undefined
          ? {}
          : {
              client_secret_sealed:
                clientSecret === null
                  ? null
                  : services.sealer.seal(clientSecret, clientSecretContext(before.id)),
            }),
        scopes: body.scopes === undefined ? before.scopes : [...new Set(["openid", ...body.scopes])],
        groups_claim: body.groupsClaim ?? before.groups_claim,
        is_sign_up_allowed: body.signUp ?? before.is_sign_up_allowed,
        is_mfa_trusted: body.mfaTrusted ?? before.is_mfa_trusted,
        ...(body.isEnabled === undefined
          ? {}
          : { disabled_at: body.isEnabled ? null : (before.disabled_at ?? tx.now) }),
        version: set("version", "+", 1),
      }))
      .where("id", "=", before.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    tx.audit({
      action: "identity_provider.update",
      target: { kind: "identity_provider", id: row.id },
      body: {
        before: auditOf(before),
        after: auditOf(row),
        ...(clientSecret === undefined ? {} : { isSecretReplaced: true }),
      },
    });
    return { status: 200, body: toProvider(row, services.addresses.publicUrl()), version: row.version };
  },
});

const auditOf = (row: IdentityProviderRow) => ({
  name: row.name,
  clientId: row.client_id,
  scopes: row.scopes,
  groupsClaim: row.groups_claim,
  signUp: row.is_sign_up_allowed,
  mfaTrusted: row.is_mfa_trusted,
  isEnabled: row.disabled_at === null,
});
