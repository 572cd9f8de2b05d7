import { createHash } from "node:crypto";
import { hashOpaqueToken } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { z } from "zod";
import { cliIdleMs } from "../../core/identity/lifetimes.ts";
import { type Answer, type WriteCall, writeOperation } from "../../operation.ts";
import { loginNameOf } from "../../store/identity/client-description.ts";
import { addPersonalCredential } from "../../store/keys/new-credentials.ts";
import { revokeCredentials } from "../../store/keys/revoked-credentials.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { hashCode } from "./authorize-terminal.ts";
import { assertClient, clientIdSchema } from "./oauth-client.ts";

const deviceGrantType = "urn:ietf:params:oauth:grant-type:device_code";

const tokenSchema = z.object({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  login_id: z.string(),
  fingerprint: z.string(),
  account_id: z.string(),
  account_name: z.string(),
  email: z.string(),
});

const bodySchema = z.object({
  grant_type: z.string().max(128),
  client_id: clientIdSchema,
  device_code: z.string().max(128).optional(),
  code: z.string().max(128).optional(),
  redirect_uri: z.string().max(256).optional(),
  code_verifier: z.string().max(128).optional(),
});
type Body = z.output<typeof bodySchema>;
type Call = WriteCall<unknown, unknown, Body>;

export const giveToken = writeOperation({
  id: "giveToken",
  method: "POST",
  path: "/oauth/token",
  tag: "Terminal login",
  summary: "Exchange an approval for the terminal's login",
  access: { kind: "public", because: "the code is the proof" },
  isOAuth: true,
  perMinute: 120,
  hasSecret: "everything",
  body: bodySchema,
  answers: {
    200: tokenSchema,
    400: z.object({ error: z.string(), error_description: z.string() }).catchall(z.unknown()),
  },
  prepare: async ({ body, services }) => {
    assertClient(body.client_id);
    if (body.grant_type === "authorization_code") return;
    if (body.grant_type !== deviceGrantType) throw new Failure("unsupported_grant_type");
    const poll = await services.devicePolls.poll(body.device_code ?? "");
    if (poll.kind === "approved") return;
    throw new Failure(
      poll.kind,
      undefined,
      poll.kind === "slow_down" ? { details: { interval: poll.intervalS } } : {},
    );
  },
  handle: (call) => (call.body.grant_type === deviceGrantType ? redeemDevice(call) : redeemCode(call)),
});

const redeemDevice = async ({ body, tx, services }: Call): Promise<Answer> => {
  const grant = await tx.db
    .updateTable("device_grants")
    .set({ state: "redeemed" })
    .where("device_hash", "=", hashOpaqueToken(body.device_code ?? ""))
    .where("state", "=", "approved")
    .where("expires_at", ">", tx.now)
    .returningAll()
    .executeTakeFirst();
  if (!grant) throw new Failure("invalid_grant");
  return signIn(tx, services, grant);
};

const redeemCode = async ({ body, tx, services }: Call): Promise<Answer> => {
  const hash = hashCode(body.code ?? "");
  const row = await tx.db
    .selectFrom("authorization_codes")
    .selectAll()
    .where("hash", "=", hash)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new Failure("invalid_grant");
  if (row.used_at !== null) {
    // Somebody else has the code too, and nobody knows which of the two is right (RFC 6749 4.1.2).
    await revokeCredentials(
      tx,
      (credential) => credential("id", "=", row.credential_id),
      "its authorization code came twice",
    );
    tx.audit({
      action: "terminal_login.redeem",
      outcome: "denied",
      reason: "the code came twice",
      target: { kind: "account", id: row.account_id },
      body: {},
    });
    return {
      status: 400,
      body: { error: "invalid_grant", error_description: "The code was used before: its login has ended." },
    };
  }
  const challenge = createHash("sha256")
    .update(body.code_verifier ?? "")
    .digest("base64url");
  const isRight =
    row.expires_at > tx.now && row.redirect_uri === body.redirect_uri && row.code_challenge === challenge;
  if (!isRight) throw new Failure("invalid_grant");
  const answer = await signIn(tx, services, row);
  await tx.db
    .updateTable("authorization_codes")
    .set({ used_at: tx.now, credential_id: answer.body?.login_id ?? null })
    .where("hash", "=", hash)
    .execute();
  return answer;
};

const signIn = async (
  tx: WriteTransaction,
  { random }: Call["services"],
  approval: {
    readonly account_id: string | null;
    readonly client: Readonly<Record<string, string>>;
    readonly proofs: readonly string[];
    readonly signed_in_at: Date | null;
  },
): Promise<Answer<z.input<typeof tokenSchema>>> => {
  const account = await tx.db
    .selectFrom("accounts")
    .selectAll()
    .where("id", "=", approval.account_id ?? "")
    .where("disabled_at", "is", null)
    .executeTakeFirst();
  if (!account) throw new Failure("invalid_grant");
  const credential = await addPersonalCredential(tx, random, {
    kind: "cli",
    accountId: account.id,
    name: loginNameOf(approval.client),
    client: approval.client,
    proofs: approval.proofs,
    signedInAt: approval.signed_in_at ?? tx.now,
    idleMs: cliIdleMs,
  });
  tx.audit({
    action: "account.sign_in",
    target: { kind: "account", id: account.id },
    body: {
      proofs: [...approval.proofs],
      client: approval.client,
      credential: credential.id,
      fingerprint: credential.fingerprint,
    },
  });
  return {
    status: 200,
    body: {
      access_token: credential.secret,
      token_type: "Bearer",
      login_id: credential.id,
      fingerprint: credential.fingerprint,
      account_id: account.id,
      account_name: account.name,
      email: account.email,
    },
  };
};
