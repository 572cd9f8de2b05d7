import { Failure, randomBase62 } from "@cmdop/base";
import { sql } from "kysely";
import { z } from "zod";
import { challengeMs } from "../../core/identity/lifetimes.ts";
import { type PrepareCall, readOperation, requirePrincipal, writeOperation } from "../../operation.ts";
import { openBrowserSession } from "../../store/identity/browser-sessions.ts";
import {
  type OpenedChallenge,
  openChallenge,
  refuseSpentChallenge,
  sealChallenge,
  spendChallenge,
} from "../../store/identity/challenges.ts";
import { renewSignIn } from "../../store/identity/renewed-sign-ins.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { signedInSchema, toSignedIn } from "./signed-in-view.ts";

const challengeSchema = z.object({ challenge: z.string() });

export const beginPasskeySignIn = readOperation({
  id: "beginPasskeySignIn",
  method: "POST",
  path: "/v1/sign-in/passkey/options",
  tag: "Sign-in",
  summary: "What a browser needs to ask for a passkey (PublicKeyCredentialRequestOptionsJSON)",
  access: { kind: "public", because: "whoever is about to sign in has no credential" },
  answers: { 200: z.object({ challenge: z.string(), options: z.record(z.string(), z.unknown()) }) },
  handle: async ({ services }) => {
    const challenge = Buffer.from(randomBase62(43, services.random)).toString("base64url");
    const options = await services.passkeys.signInOptions(challenge);
    return {
      status: 200,
      body: { challenge: sealChallenge(services, "passkey_sign_in", { challenge }, challengeMs), options },
    };
  },
});

const body = z.object({
  challenge: z.string().max(2048),
  response: z.record(z.string(), z.unknown()).describe("AuthenticationResponseJSON"),
});

interface Used {
  readonly challenge: OpenedChallenge<{ challenge: string }>;
  readonly accountId: string;
  readonly passkeyId: string;
  readonly signCount: number;
}

const check = async (
  call: Pick<PrepareCall<unknown, unknown, z.output<typeof body>>, "body" | "services" | "actor" | "origin">,
  operation: string,
): Promise<Used> => {
  const { services, actor, origin } = call;
  const challenge = openChallenge(services, "passkey_sign_in", call.body.challenge, challengeSchema);
  // What is no text has no form as one either: {"toString":null}.
  const { id } = call.body.response;
  const row = await services.unitOfWork.read("all", (db) =>
    db
      .selectFrom("passkeys")
      .innerJoin("accounts", "accounts.id", "passkeys.account_id")
      .selectAll("passkeys")
      .where("credential_id", "=", typeof id === "string" ? id : "")
      .where("accounts.disabled_at", "is", null)
      .executeTakeFirst(),
  );
  const used =
    row &&
    (await services.passkeys.verifySignIn(call.body.response, challenge.data.challenge, {
      credentialId: row.credential_id,
      publicKey: row.public_key,
      signCount: Number(row.sign_count),
    }));
  if (row && used) {
    return { challenge, accountId: row.account_id, passkeyId: row.id, signCount: used.signCount };
  }
  await services.unitOfWork.read("all", (db) => refuseSpentChallenge(db, challenge));
  services.denials.record({
    actor,
    origin,
    operation,
    action: "account.sign_in",
    reason: "passkey",
    ...(row ? { target: { kind: "account", id: row.account_id } } : {}),
  });
  throw new Failure("sign_in_failed");
};

/**
 * The challenge is good once, and the count only grows: a copied passkey shows itself, one beside the other too. Many
 * passkeys do not count: theirs is 0 for good. One that was removed meanwhile signs nobody in.
 */
const count = async (tx: WriteTransaction, { challenge, passkeyId, signCount }: Used): Promise<void> => {
  await spendChallenge(tx, challenge);
  const counted = await tx.db
    .updateTable("passkeys")
    .set({ sign_count: signCount, last_used_at: tx.now })
    .where("id", "=", passkeyId)
    .where(signCount === 0 ? sql<boolean>`sign_count = 0` : sql<boolean>`sign_count < ${signCount}`)
    .returning("id")
    .executeTakeFirst();
  if (!counted) throw new Failure("sign_in_failed");
};

export const signInWithPasskey = writeOperation({
  id: "signInWithPasskey",
  method: "POST",
  path: "/v1/sign-in/passkey",
  tag: "Sign-in",
  summary: "Sign in with a passkey: it is the second factor too",
  access: { kind: "public", because: "the passkey is the proof" },
  body,
  answers: { 200: signedInSchema },
  prepare: (call) => check(call, "signInWithPasskey"),
  handle: async ({ tx, services, origin, prepared }) => {
    await count(tx, prepared);
    const session = await openBrowserSession(tx, services.random, {
      accountId: prepared.accountId,
      proofs: ["passkey"],
      origin,
    });
    return { status: 200, headers: session.headers, body: toSignedIn(prepared.accountId, session) };
  },
});

export const confirmWithPasskey = writeOperation({
  id: "confirmWithPasskey",
  method: "POST",
  path: "/v1/sign-in/confirm/passkey",
  tag: "Sign-in",
  summary: "Prove again who you are, with a passkey",
  access: { kind: "signed_in" },
  body,
  answers: { 200: z.object({ signedInAt: z.iso.datetime() }) },
  prepare: async (call) => {
    const used = await check(call, "confirmWithPasskey");
    if (used.accountId !== requirePrincipal(call).id) throw new Failure("sign_in_failed");
    return used;
  },
  handle: async ({ tx, prepared, ...call }) => {
    await count(tx, prepared);
    await renewSignIn(tx, requirePrincipal(call).credential.id, ["passkey"]);
    return { status: 200, body: { signedInAt: tx.now.toISOString() } };
  },
});
