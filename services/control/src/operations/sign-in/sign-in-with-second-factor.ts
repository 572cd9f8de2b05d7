import { Failure } from "@cmdop/base";
import { z } from "zod";
import { writeOperation } from "../../operation.ts";
import { openBrowserSession } from "../../store/identity/browser-sessions.ts";
import { openChallenge, spendChallenge } from "../../store/identity/challenges.ts";
import { useSecondFactor } from "../../store/identity/second-factors.ts";
import { forgetTries } from "../../store/identity/sign-in-throttle.ts";
import { secondFactorSchema } from "./sign-in-schemas.ts";
import { signedInSchema, toSignedIn } from "./signed-in-view.ts";

const challengeSchema = z.object({
  accountId: z.string(),
  email: z.string(),
  passwordChangedAt: z.string().nullable(),
});

export const signInWithSecondFactor = writeOperation({
  id: "signInWithSecondFactor",
  method: "POST",
  path: "/v1/sign-in/second-factor",
  tag: "Sign-in",
  summary: "Give the second factor after a password",
  access: { kind: "public", because: "the challenge says that the password was given" },
  body: z.object({ challenge: z.string().max(2048), factor: secondFactorSchema }),
  answers: { 200: signedInSchema },
  prepare: async ({ body, services, origin }) => {
    const challenge = openChallenge(services, "second_factor", body.challenge, challengeSchema);
    const attempt = { account: challenge.data.email, ip: origin.ip };
    await services.signInThrottle.enter(attempt);
    return { challenge, attempt };
  },
  handle: async ({ body, tx, services, actor, origin, prepared }) => {
    const { challenge, attempt } = prepared;
    const { accountId, passwordChangedAt } = challenge.data;
    const account = await tx.db
      .selectFrom("accounts")
      .selectAll()
      .where("id", "=", accountId)
      .forUpdate()
      .executeTakeFirst();
    const isSamePassword = (account?.password_changed_at?.toISOString() ?? null) === passwordChangedAt;
    if (!account || account.disabled_at || !isSamePassword) throw new Failure("gone");
    const proof = await useSecondFactor(tx, services, accountId, body.factor).catch((error: unknown) => {
      services.denials.record({
        actor,
        origin,
        operation: "signInWithSecondFactor",
        action: "account.sign_in",
        target: { kind: "account", id: accountId },
        reason: body.factor.kind,
      });
      throw error;
    });
    await spendChallenge(tx, challenge);
    await forgetTries(tx.db, attempt);
    const session = await openBrowserSession(tx, services.random, {
      accountId,
      proofs: ["password", proof],
      origin,
    });
    return { status: 200, headers: session.headers, body: toSignedIn(accountId, session) };
  },
});
