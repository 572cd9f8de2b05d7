// Sign-in at an outside provider, and the end of linking an identity there to an account.
import { Failure, newId, toDisplayText } from "@cmdop/base";
import { z } from "zod";
import type { Principal } from "../../core/access/principal.ts";
import { readClaims } from "../../core/identity/outside-claims.ts";
import { type Answer, type WriteCall, writeOperation } from "../../operation.ts";
import { openBrowserSession } from "../../store/identity/browser-sessions.ts";
import { spendChallenge } from "../../store/identity/challenges.ts";
import { type IdentityProviderRow, toOidcClient } from "../../store/identity/identity-providers.ts";
import {
  beginOidcTrip,
  findIdentityProvider,
  oidcCallbackOf,
  openOidcTrip,
} from "../../store/identity/oidc-trips.ts";
import { addOutsideIdentity, useOutsideIdentity } from "../../store/identity/outside-identities.ts";
import { applyGroups } from "../../store/membership/outside-memberships.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";

/**
 * A path of this server: no other one is followed after the sign-in. Printable ASCII alone: browsers leave tabs out, and
 * what is left of "/<tab>/elsewhere.example" is another host.
 */
const nextSchema = z
  .string()
  .max(2048)
  .regex(/^\/(?![/\\])[!-~]*$/, "a path of this server is expected");

export const beginOidc = writeOperation({
  id: "beginOidc",
  method: "GET",
  path: "/v1/sign-in/oidc/{provider}",
  tag: "Sign-in",
  summary: "To an outside identity provider (a page, not an API)",
  access: { kind: "public", because: "whoever is about to sign in has no credential" },
  params: z.object({ provider: z.string().max(63).describe("Slug") }),
  query: z.object({ next: nextSchema.default("/account") }),
  answers: { 302: null },
  isPage: true,
  prepare: ({ params, query, services }) => beginOidcTrip(services, params.provider, { next: query.next }),
  handle: async ({ prepared: { url, cookie } }) => ({
    status: 302,
    headers: { location: url, "set-cookie": cookie },
    isUnchanged: true,
  }),
});

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
  isPage: true,
  prepare: async ({ query, services, headers, actor, origin }) => {
    const trip = openOidcTrip(services, headers.cookie);
    const provider = await services.unitOfWork.read("all", (db) =>
      findIdentityProvider(db, "id", trip.data.providerId),
    );
    const url = new URL(oidcCallbackOf(services));
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, value);
    const claims = await services.oidcProviders
      .finish(toOidcClient(services, provider), url.href, trip.data.checks)
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
    return { trip, provider, person: readClaims(claims, provider.groups_claim) };
  },
  handle: async ({ tx, services, origin, principal, prepared }): Promise<Answer> => {
    const { trip, provider, person } = prepared;
    await spendChallenge(tx, trip);
    const { linkTo, next } = trip.data;
    const proof = person.hasSecondFactor || provider.is_mfa_trusted ? "oidc_mfa" : "oidc";
    if (linkTo) {
      assertSameSession(linkTo, principal);
      await linkIdentity(tx, linkTo.accountId, { provider, subject: person.subject });
      await applyGroups(tx, services.random, {
        providerId: provider.id,
        accountId: linkTo.accountId,
        groups: person.groups,
      });
      return { status: 303, headers: { location: next } };
    }
    const accountId = await findOrAddAccount(tx, services, provider, person);
    await applyGroups(tx, services.random, { providerId: provider.id, accountId, groups: person.groups });
    const session = await openBrowserSession(tx, services.random, { accountId, proofs: [proof], origin });
    return { status: 303, headers: { ...session.headers, location: next } };
  },
});

/** Whoever comes back is still who asked for the link, by the login that asked: another account gets nothing of it. */
const assertSameSession = (
  linkTo: { readonly accountId: string; readonly credentialId: string },
  principal: Principal | undefined,
): void => {
  if (principal?.id === linkTo.accountId && principal.credential.id === linkTo.credentialId) return;
  throw new Failure(
    "gone",
    "You are signed in otherwise than when this began: begin anew on your account's page.",
  );
};

const linkIdentity = async (
  tx: WriteTransaction,
  accountId: string,
  identity: { readonly provider: IdentityProviderRow; readonly subject: string },
): Promise<void> => {
  const { provider } = identity;
  const holder = await useOutsideIdentity(tx, identity);
  if (holder !== undefined && holder !== accountId) {
    throw new Failure("conflict", `That identity at ${provider.name} belongs to another account here.`);
  }
  if (holder === undefined) await addOutsideIdentity(tx, accountId, identity);
  tx.audit({
    action: "account.link_identity",
    target: { kind: "account", id: accountId },
    body: { provider: provider.id, subject: identity.subject, isNew: holder === undefined },
  });
};

const findOrAddAccount = async (
  tx: WriteTransaction,
  services: WriteCall["services"],
  provider: IdentityProviderRow,
  person: ReturnType<typeof readClaims>,
): Promise<string> => {
  const identity = { provider, subject: person.subject };
  const known = await useOutsideIdentity(tx, identity);
  if (known !== undefined) {
    const account = await tx.db
      .selectFrom("accounts")
      .select("disabled_at")
      .where("id", "=", known)
      .executeTakeFirstOrThrow();
    if (account.disabled_at) throw new Failure("sign_in_failed", "The account is disabled.");
    return known;
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
    throw new Failure(
      "conflict",
      "There is an account with this address: sign in to it, and link this identity on its page.",
    );
  await addOutsideIdentity(tx, id, identity);
  tx.audit({
    action: "account.create",
    target: { kind: "account", id },
    body: { email: person.email, provider: provider.id },
  });
  return id;
};
