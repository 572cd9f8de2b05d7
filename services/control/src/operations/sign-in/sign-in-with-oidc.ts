// Sign-in at an outside provider: there by a redirect, back by another. The checks travel sealed in a cookie of this
// browser: an answer that was asked for in another browser is refused.
import { Failure, newId, toDisplayText } from "@cmdop/base";
import { z } from "zod";
import { readClaims } from "../../core/identity/outside-claims.ts";
import { type Answer, readOperation, type WriteCall, writeOperation } from "../../operation.ts";
import type { Services } from "../../ports.ts";
import { openBrowserSession } from "../../store/browser-sessions.ts";
import { openChallenge, sealChallenge, spendChallenge } from "../../store/challenges.ts";
import { type IdentityProviderRow, toOidcClient } from "../../store/identity-providers.ts";
import { applyGroups } from "../../store/outside-memberships.ts";
import type { Reader } from "../../store/schema.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";

const cookieName = "__Host-cmdop-oidc";
/** The provider may ask for a password and a second factor meanwhile. */
const patienceMs = 10 * 60_000;
const cookieAttributes = "Path=/; HttpOnly; Secure; SameSite=Lax";

const callbackOf = (services: Services): string =>
  `${services.addresses.publicUrl()}/v1/sign-in/oidc-callback`;

const checksSchema = z.object({
  providerId: z.string(),
  next: z.string(),
  checks: z.object({ state: z.string(), nonce: z.string(), verifier: z.string() }),
});

const findProvider = async (db: Reader, by: "slug" | "id", value: string): Promise<IdentityProviderRow> => {
  const row = await db
    .selectFrom("identity_providers")
    .selectAll()
    .where(by, "=", value)
    .where("disabled_at", "is", null)
    .executeTakeFirst();
  if (!row) throw new Failure("not_found", "There is no such identity provider.");
  return row;
};

/** A path of this server: no other one is followed after the sign-in. */
const nextSchema = z
  .string()
  .max(2048)
  .regex(/^\/(?![/\\])/, "a path of this server is expected");

export const beginOidc = readOperation({
  id: "beginOidc",
  method: "GET",
  path: "/v1/sign-in/oidc/{provider}",
  tag: "Sign-in",
  summary: "To an outside identity provider (a page, not an API)",
  access: { kind: "public", because: "whoever is about to sign in has no credential" },
  params: z.object({ provider: z.string().max(63).describe("Slug") }),
  query: z.object({ next: nextSchema.default("/account") }),
  answers: { 302: null },
  handle: async ({ db, params, query, services }) => {
    const provider = await findProvider(db, "slug", params.provider);
    const begun = await services.oidcProviders
      .begin(toOidcClient(services, provider), callbackOf(services))
      .catch((cause: unknown) => {
        throw new Failure("unavailable", `${provider.name} cannot be reached now.`, { cause });
      });
    const data = { providerId: provider.id, next: query.next, checks: begun.checks };
    const sealed = sealChallenge(services, "oidc", data, patienceMs);
    return {
      status: 302,
      headers: {
        location: begun.url,
        "set-cookie": `${cookieName}=${sealed}; ${cookieAttributes}; Max-Age=${patienceMs / 1000}`,
      },
    };
  },
});

const cookieIn = (header: string | undefined): string =>
  header
    ?.split(/; */)
    .find((part) => part.startsWith(`${cookieName}=`))
    ?.slice(cookieName.length + 1) ?? "";

const callbackQuery = z.object({
  code: z.string().max(2048).optional(),
  state: z.string().max(512).optional(),
  iss: z.string().max(512).optional(),
  session_state: z.string().max(512).optional(),
  error: z.string().max(256).optional(),
  error_description: z.string().max(1024).optional(),
});

export const finishOidc = writeOperation({
  id: "finishOidc",
  method: "GET",
  path: "/v1/sign-in/oidc-callback",
  tag: "Sign-in",
  summary: "Back from an outside identity provider (a page, not an API)",
  access: { kind: "public", because: "the provider's answer is the proof" },
  query: callbackQuery,
  answers: { 303: null },
  prepare: async ({ query, services, headers, actor, origin }) => {
    const challenge = openChallenge(services, "oidc", cookieIn(headers.cookie), checksSchema);
    const provider = await services.unitOfWork.read("all", (db) =>
      findProvider(db, "id", challenge.data.providerId),
    );
    const url = new URL(callbackOf(services));
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, value);
    const claims = await services.oidcProviders
      .finish(toOidcClient(services, provider), url.href, challenge.data.checks)
      .catch((cause: unknown) => {
        services.denials.record({
          actor,
          origin,
          operation: "finishOidc",
          action: "account.sign_in",
          target: { kind: "identity_provider", id: provider.id },
          reason: "oidc",
        });
        throw new Failure("sign_in_failed", `${provider.name} has not signed you in.`, { cause });
      });
    return { challenge, provider, person: readClaims(claims, provider.groups_claim) };
  },
  handle: async ({ tx, services, origin, prepared }): Promise<Answer> => {
    const { challenge, provider, person } = prepared;
    await spendChallenge(tx, challenge);
    const accountId = await findOrAddAccount(tx, services, provider, person);
    await applyGroups(tx, services.random, { providerId: provider.id, accountId, groups: person.groups });
    const session = await openBrowserSession(tx, services.random, {
      accountId,
      proofs: [person.hasSecondFactor || provider.is_mfa_trusted ? "oidc_mfa" : "oidc"],
      origin,
    });
    return { status: 303, headers: { ...session.headers, location: challenge.data.next } };
  },
});

const findOrAddAccount = async (
  tx: WriteTransaction,
  services: WriteCall["services"],
  provider: IdentityProviderRow,
  person: ReturnType<typeof readClaims>,
): Promise<string> => {
  const known = await tx.db
    .updateTable("outside_identities")
    .set({ last_sign_in_at: tx.now })
    .where("provider_id", "=", provider.id)
    .where("subject", "=", person.subject)
    .returning("account_id")
    .executeTakeFirst();
  if (known) {
    const account = await tx.db
      .selectFrom("accounts")
      .select("disabled_at")
      .where("id", "=", known.account_id)
      .executeTakeFirstOrThrow();
    if (account.disabled_at) throw new Failure("sign_in_failed", "The account is disabled.");
    return known.account_id;
  }
  if (!provider.is_sign_up_allowed) {
    throw new Failure("sign_in_failed", `${provider.name} gives no new accounts here: ask an owner.`);
  }
  if (person.email === undefined) {
    throw new Failure("sign_in_failed", `${provider.name} does not vouch for an address of yours.`);
  }
  const id = newId("acc", services.random);
  const added = await tx.db
    .insertInto("accounts")
    .values({
      id,
      email: person.email,
      name: toDisplayText(person.name ?? person.email, 100),
      password_hash: null,
      created_at: tx.now,
    })
    .onConflict((conflict) => conflict.column("email").doNothing())
    .returning("id")
    .executeTakeFirst();
  // Who controls an address there does not own the account that has it here: nobody is signed in to it by that.
  if (!added)
    throw new Failure("conflict", "There is an account with this address: sign in with its password.");
  await tx.db
    .insertInto("outside_identities")
    .values({
      provider_id: provider.id,
      subject: person.subject,
      account_id: id,
      created_at: tx.now,
      last_sign_in_at: tx.now,
    })
    .execute();
  tx.audit({
    action: "account.create",
    target: { kind: "account", id },
    body: { email: person.email, provider: provider.id },
  });
  return id;
};
