// The way to an outside identity provider and back: a redirect there, another here. The checks travel sealed in a cookie
// of this browser: an answer that was asked for in another browser is refused.
import { Failure } from "@cmdop/base";
import { z } from "zod";
import type { Addresses, OidcProviders } from "../../ports.ts";
import type { Reader } from "../schema.ts";
import type { UnitOfWork } from "../unit-of-work.ts";
import { type OpenedChallenge, openChallenge, type Sealing, sealChallenge } from "./challenges.ts";
import { type IdentityProviderRow, toOidcClient } from "./identity-providers.ts";

const cookieName = "__Host-cmdop-oidc";
/** The provider may ask for a password and a second factor meanwhile. */
const patienceMs = 10 * 60_000;
const cookieAttributes = "Path=/; HttpOnly; Secure; SameSite=Lax";

export const oidcCallbackOf = ({ addresses }: { readonly addresses: Addresses }): string =>
  `${addresses.publicUrl()}/v1/sign-in/oidc-callback`;

const tripSchema = z.object({
  providerId: z.string(),
  next: z.string(),
  checks: z.object({ state: z.string(), nonce: z.string(), verifier: z.string() }),
  /** Somebody who is signed in adds the identity to their account; without it the way is a sign-in. */
  linkTo: z.object({ accountId: z.string(), credentialId: z.string() }).optional(),
});

/** What a trip takes. */
interface Travelling extends Sealing {
  readonly unitOfWork: UnitOfWork;
  readonly oidcProviders: OidcProviders;
  readonly addresses: Addresses;
}

export type OidcTrip = z.output<typeof tripSchema>;

export const findIdentityProvider = async (
  db: Reader,
  by: "slug" | "id",
  value: string,
): Promise<IdentityProviderRow> => {
  const row = await db
    .selectFrom("identity_providers")
    .selectAll()
    .where(by, "=", value)
    .where("disabled_at", "is", null)
    .executeTakeFirst();
  if (!row) throw new Failure("not_found", "There is no such identity provider.");
  return row;
};

/** Asks the provider: not in a transaction. */
export const beginOidcTrip = async (
  services: Travelling,
  slug: string,
  trip: Pick<OidcTrip, "next" | "linkTo">,
): Promise<{ readonly url: string; readonly cookie: string }> => {
  const provider = await services.unitOfWork.read("all", (db) => findIdentityProvider(db, "slug", slug));
  const { url, checks } = await services.oidcProviders
    .begin(toOidcClient(services, provider), oidcCallbackOf(services))
    .catch((cause: unknown) => {
      throw new Failure("unavailable", `${provider.name} cannot be reached now.`, { cause });
    });
  const data: OidcTrip = { ...trip, providerId: provider.id, checks };
  const sealed = sealChallenge(services, "oidc", data, patienceMs);
  return { url, cookie: `${cookieName}=${sealed}; ${cookieAttributes}; Max-Age=${patienceMs / 1000}` };
};

/** `gone` in a browser that did not begin it, or not lately. */
export const openOidcTrip = (services: Sealing, cookies: string | undefined): OpenedChallenge<OidcTrip> =>
  openChallenge(services, "oidc", cookieIn(cookies), tripSchema);

const cookieIn = (header: string | undefined): string =>
  header
    ?.split(/; */)
    .find((part) => part.startsWith(`${cookieName}=`))
    ?.slice(cookieName.length + 1) ?? "";
