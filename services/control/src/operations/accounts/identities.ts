// Outside identities of an account. Linking goes by a browser: it ends at the callback of the sign-in.
import { Failure } from "@cmdop/base";
import { sql } from "kysely";
import { z } from "zod";
import { readOperation, requireAccount, writeOperation } from "../../operation.ts";
import { beginOidcTrip } from "../../store/identity/oidc-trips.ts";
import { dropApprovals } from "../../store/identity/pending-approvals.ts";
import { lockAccount, requireWayToSignIn } from "../../store/identity/ways-to-sign-in.ts";
import { revokeCredentials } from "../../store/keys/revoked-credentials.ts";
import { applyGroups } from "../../store/membership/outside-memberships.ts";

const identitySchema = z
  .object({
    provider: z.object({ id: z.string(), slug: z.string(), name: z.string() }),
    subject: z.string().describe("Who you are there"),
    createdAt: z.iso.datetime(),
    lastSignInAt: z.iso.datetime(),
  })
  .meta({ id: "OutsideIdentity" });

export const listIdentities = readOperation({
  id: "listIdentities",
  method: "GET",
  path: "/v1/account/identities",
  tag: "Your account",
  summary: "Where else you may sign in from",
  access: { kind: "signed_in" },
  answers: { 200: z.object({ items: z.array(identitySchema) }) },
  handle: async ({ db, ...call }) => {
    const { id } = requireAccount(call);
    const rows = await db
      .selectFrom("outside_identities")
      .innerJoin("identity_providers", "identity_providers.id", "outside_identities.provider_id")
      .select(["identity_providers.id", "identity_providers.slug", "identity_providers.name"])
      .select(["outside_identities.subject", "outside_identities.created_at"])
      .select("outside_identities.last_sign_in_at")
      .where("outside_identities.account_id", "=", id)
      .orderBy("identity_providers.name")
      .execute();
    const items = rows.map(({ id: providerId, slug, name, ...row }) => ({
      provider: { id: providerId, slug, name },
      subject: row.subject,
      createdAt: row.created_at.toISOString(),
      lastSignInAt: row.last_sign_in_at.toISOString(),
    }));
    return { status: 200, body: { items } };
  },
});

export const beginLink = writeOperation({
  id: "beginLink",
  method: "POST",
  path: "/v1/account/identities",
  tag: "Your account",
  summary: "Begin to link an identity at a provider: this browser goes to the address of the answer",
  description:
    "The way back ends in the same browser, signed in by the same login, within ten minutes. An identity is of one " +
    "account; an account has one at each provider.",
  access: { kind: "signed_in" },
  isFreshSignInNeeded: true,
  perMinute: 20,
  hasSecret: "everything",
  body: z.object({ provider: z.string().max(63).describe("Slug") }),
  answers: { 200: z.object({ url: z.string() }) },
  prepare: ({ body, services, ...call }) => {
    const { id, credential } = requireAccount(call);
    if (credential.kind !== "ses") throw new Failure("permission_denied", "This goes by a browser.");
    return beginOidcTrip(services, body.provider, {
      next: "/account",
      linkTo: { accountId: id, credentialId: credential.id },
    });
  },
  handle: async ({ prepared: { url, cookie } }) => ({
    status: 200,
    headers: { "set-cookie": cookie },
    body: { url },
    isUnchanged: true,
  }),
});

export const unlinkIdentity = writeOperation({
  id: "unlinkIdentity",
  method: "DELETE",
  path: "/v1/account/identities/{provider}",
  tag: "Your account",
  summary: "Sign in from there no more; what its groups gave, and your other logins by a provider, end",
  description: "Refused for the last way to sign in.",
  access: { kind: "signed_in" },
  isFreshSignInNeeded: true,
  rows: "all",
  params: z.object({ provider: z.string().max(64).describe("Id") }),
  answers: { 204: null },
  handle: async ({ params, tx, services, ...call }) => {
    const { id, credential } = requireAccount(call);
    await dropApprovals(tx, id);
    await lockAccount(tx.db, id);
    const gone = await tx.db
      .deleteFrom("outside_identities")
      .where("account_id", "=", id)
      .where("provider_id", "=", params.provider)
      .returning("subject")
      .executeTakeFirst();
    if (!gone) throw new Failure("not_found", "No identity of that provider is linked.");
    await requireWayToSignIn(tx.db, id);
    tx.audit({
      action: "account.unlink_identity",
      target: { kind: "account", id },
      body: { provider: params.provider, subject: gone.subject },
    });
    await applyGroups(tx, services.random, { providerId: params.provider, accountId: id, groups: [] });
    await revokeCredentials(
      tx,
      (row) =>
        row.and([
          row("account_id", "=", id),
          row("kind", "in", ["ses", "cli"]),
          row("id", "!=", credential.id),
          sql<boolean>`proofs && array['oidc', 'oidc_mfa']`,
        ]),
      "an outside identity was unlinked",
    );
    return { status: 204 };
  },
});
