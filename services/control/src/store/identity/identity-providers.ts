import type { Selectable } from "kysely";
import type { OidcClient, Sealer } from "../../ports.ts";
import type { IdentityProviderTable } from "../tables/identity-tables.ts";

export type IdentityProviderRow = Selectable<IdentityProviderTable>;

export const clientSecretContext = (providerId: string): string => `identity provider:${providerId}`;

export const toOidcClient = (
  { sealer }: { readonly sealer: Sealer },
  row: IdentityProviderRow,
): OidcClient => {
  const sealed = row.client_secret_sealed;
  const clientSecret = sealed === null ? undefined : sealer.open(sealed, clientSecretContext(row.id));
  if (sealed !== null && clientSecret === undefined) {
    throw new Error("a client secret that no sealing key opens");
  }
  return { issuer: row.issuer, clientId: row.client_id, clientSecret, scopes: row.scopes };
};
