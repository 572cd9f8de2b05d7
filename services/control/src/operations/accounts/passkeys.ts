import { Failure, newId, randomBase62, toDisplayText } from "@cmdop/base";
import type { Selectable } from "kysely";
import { z } from "zod";
import { challengeMs } from "../../core/identity/lifetimes.ts";
import { readOperation, requireAccount, writeOperation } from "../../operation.ts";
import { openChallenge, sealChallenge, spendChallenge } from "../../store/identity/challenges.ts";
import { renewSignIn } from "../../store/identity/renewed-sign-ins.ts";
import { lockAccount, requireWayToSignIn } from "../../store/identity/ways-to-sign-in.ts";
import type { PasskeyTable } from "../../store/tables/identity-tables.ts";
import { assertRoom } from "../../store/turns.ts";
import { isUniqueViolation } from "../../store/violations.ts";

/** Of one account. */
const passkeysMax = 20;

const passkeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    isBackedUp: z.boolean().describe("Whether it is kept in more than one place"),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "Passkey" });

const nameSchema = z
  .string()
  .max(64)
  .transform((text) => toDisplayText(text, 64).trim() || "Passkey");

const passkeyParams = z.object({ passkey: z.string().max(64).describe("Id") });

const toPasskey = (row: Selectable<PasskeyTable>): z.input<typeof passkeySchema> => ({
  id: row.id,
  name: row.name,
  isBackedUp: row.is_backed_up,
  createdAt: row.created_at.toISOString(),
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
});

const registrationSchema = z.object({ accountId: z.string(), challenge: z.string() });

export const listPasskeys = readOperation({
  id: "listPasskeys",
  method: "GET",
  path: "/v1/account/passkeys",
  tag: "Your account",
  summary: "Your passkeys",
  access: { kind: "signed_in" },
  answers: { 200: z.object({ items: z.array(passkeySchema) }) },
  handle: async ({ db, ...call }) => {
    const { id } = requireAccount(call);
    const rows = await db
      .selectFrom("passkeys")
      .selectAll()
      .where("account_id", "=", id)
      .orderBy("created_at")
      .execute();
    return { status: 200, body: { items: rows.map(toPasskey) } };
  },
});

export const beginPasskey = readOperation({
  id: "beginPasskey",
  method: "POST",
  path: "/v1/account/passkeys/options",
  tag: "Your account",
  summary: "What a browser needs to make a passkey (PublicKeyCredentialCreationOptionsJSON)",
  access: { kind: "signed_in" },
  isFreshSignInNeeded: true,
  answers: { 200: z.object({ challenge: z.string(), options: z.record(z.string(), z.unknown()) }) },
  handle: async ({ db, services, ...call }) => {
    const { id } = requireAccount(call);
    const account = await db
      .selectFrom("accounts")
      .select(["id", "email", "name"])
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    const known = await db
      .selectFrom("passkeys")
      .select("credential_id")
      .where("account_id", "=", id)
      .execute();
    const challenge = Buffer.from(randomBase62(43, services.random)).toString("base64url");
    const options = await services.passkeys.registrationOptions({
      account,
      challenge,
      known: known.map((row) => row.credential_id),
    });
    const data = { accountId: id, challenge };
    return {
      status: 200,
      body: { challenge: sealChallenge(services, "passkey_registration", data, challengeMs), options },
    };
  },
});

export const addPasskey = writeOperation({
  id: "addPasskey",
  method: "POST",
  path: "/v1/account/passkeys",
  tag: "Your account",
  summary: "Sign in with this passkey from now on",
  access: { kind: "signed_in" },
  isFreshSignInNeeded: true,
  body: z.object({
    challenge: z.string().max(2048),
    name: nameSchema,
    response: z.record(z.string(), z.unknown()).describe("RegistrationResponseJSON"),
  }),
  answers: { 201: passkeySchema },
  prepare: async ({ body, services, ...call }) => {
    const { id } = requireAccount(call);
    const challenge = openChallenge(services, "passkey_registration", body.challenge, registrationSchema);
    if (challenge.data.accountId !== id) throw new Failure("gone");
    const made = await services.passkeys.verifyRegistration(body.response, challenge.data.challenge);
    if (!made) throw new Failure("invalid_argument", "The passkey was not made for this.");
    return { challenge, made };
  },
  handle: async ({ body, tx, services, prepared, ...call }) => {
    const { id: accountId, credential } = requireAccount(call);
    const { challenge, made } = prepared;
    await spendChallenge(tx, challenge);
    await assertRoom(tx.db, {
      turn: `passkeys of ${accountId}`,
      rows: tx.db
        .selectFrom("passkeys")
        .select((row) => row.fn.countAll().as("count"))
        .where("account_id", "=", accountId),
      max: passkeysMax,
      full: `An account has at most ${passkeysMax} passkeys.`,
    });
    const row = await tx.db
      .insertInto("passkeys")
      .values({
        id: newId("psk", services.random),
        account_id: accountId,
        credential_id: made.credentialId,
        public_key: Buffer.from(made.publicKey),
        sign_count: made.signCount,
        transports: [...made.transports],
        is_backed_up: made.isBackedUp,
        name: body.name,
        created_at: tx.now,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new Failure("conflict", "This passkey is in use already.");
        throw error;
      });
    tx.audit({
      action: "account.add_passkey",
      target: { kind: "passkey", id: row.id },
      body: { name: row.name },
    });
    await renewSignIn(tx, credential.id, ["passkey"]);
    return { status: 201, body: toPasskey(row) };
  },
});

export const updatePasskey = writeOperation({
  id: "updatePasskey",
  method: "PATCH",
  path: "/v1/account/passkeys/{passkey}",
  tag: "Your account",
  summary: "Rename a passkey of yours",
  access: { kind: "signed_in" },
  params: passkeyParams,
  body: z.object({ name: nameSchema }),
  answers: { 200: passkeySchema },
  handle: async ({ params, body, tx, ...call }) => {
    const { id } = requireAccount(call);
    const row = await tx.db
      .updateTable("passkeys")
      .set({ name: body.name })
      .where("id", "=", params.passkey)
      .where("account_id", "=", id)
      .returningAll()
      .executeTakeFirst();
    if (!row) throw noSuchPasskey();
    tx.audit({
      action: "account.update_passkey",
      target: { kind: "passkey", id: row.id },
      body: { name: row.name },
    });
    return { status: 200, body: toPasskey(row) };
  },
});

const noSuchPasskey = (): Failure => new Failure("not_found", "There is no such passkey of yours.");

export const removePasskey = writeOperation({
  id: "removePasskey",
  method: "DELETE",
  path: "/v1/account/passkeys/{passkey}",
  tag: "Your account",
  summary: "Sign in without this passkey from now on",
  description: "Refused for the last way to sign in.",
  access: { kind: "signed_in" },
  isFreshSignInNeeded: true,
  params: passkeyParams,
  answers: { 204: null },
  handle: async ({ params, tx, ...call }) => {
    const { id } = requireAccount(call);
    await lockAccount(tx.db, id);
    const row = await tx.db
      .deleteFrom("passkeys")
      .where("id", "=", params.passkey)
      .where("account_id", "=", id)
      .returning("name")
      .executeTakeFirst();
    if (!row) throw noSuchPasskey();
    await requireWayToSignIn(tx.db, id);
    tx.audit({
      action: "account.remove_passkey",
      target: { kind: "passkey", id: params.passkey },
      body: { name: row.name },
    });
    return { status: 204 };
  },
});
