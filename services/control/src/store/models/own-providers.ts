// Providers of models with their keys in clear, for the router and for nobody else.
import type { OwnProvider } from "@cmdop/edge";
import type { Selectable } from "kysely";
import type { Sealer } from "../../ports.ts";
import type { Reader } from "../schema.ts";
import type { ProviderTable } from "../tables/model-tables.ts";

/** What a provider's secrets are sealed for: they open in their own row alone. */
export const providerContext = (providerId: string): string => `provider:${providerId}`;

/**
 * What a revocation names when the providers of an account or a fleet (null: of the installation) have changed: a router asks again
 * about the keys that it answers with them for, and what it was told before counts for nothing.
 */
export const providersSubject = (ownerId: string | null): string =>
  ownerId === null ? "providers" : `providers:${ownerId}`;

/** What a provider is of: of an account, of a fleet, or of the installation, which shares it with every fleet. */
export const providerOwnerOf = ({
  account_id,
  fleet_id,
}: Pick<Selectable<ProviderTable>, "account_id" | "fleet_id">): NonNullable<OwnProvider["owner"]> => {
  if (account_id !== null) return "account";
  return fleet_id === null ? "installation" : "fleet";
};

/** What a caller has providers of. `accountId`: null for a service account, which has none of its own. */
interface CallerIds {
  readonly accountId: string | null;
  readonly fleetId: string;
}

/** Of several with one name the nearest counts, whatever its keys are worth: the account's, the fleet's, the installation's. */
export const ownProviders = async (
  db: Reader,
  sealer: Sealer,
  { accountId, fleetId }: CallerIds,
): Promise<OwnProvider[]> => {
  const rows = await db
    .selectFrom("providers")
    .selectAll()
    .where(({ eb, and, or }) =>
      or([
        ...(accountId === null ? [] : [eb("account_id", "=", accountId)]),
        eb("fleet_id", "=", fleetId),
        and([eb("account_id", "is", null), eb("fleet_id", "is", null)]),
      ]),
    )
    .orderBy("name")
    .orderBy("account_id", (order) => order.asc().nullsFirst())
    .orderBy("fleet_id", (order) => order.asc().nullsFirst())
    .execute();
  const byName = new Map(rows.map((row) => [row.name, row]));
  return [...byName.values()].map((row) => {
    const context = providerContext(row.id);
    const headers = row.sealed_headers === null ? undefined : sealer.open(row.sealed_headers, context);
    return {
      name: row.name,
      owner: providerOwnerOf(row),
      kind: row.kind,
      baseUrl: row.base_url,
      // A key that does not open (its sealing key is gone) is left out: the provider then says what it lacks.
      keys: row.sealed_keys.flatMap((sealed) => sealer.open(sealed, context) ?? []),
      headers: headers === undefined ? {} : (JSON.parse(headers) as Record<string, string>),
      models: row.models,
    };
  });
};
