import { Failure } from "@cmdop/base";
import { z } from "zod";
import { challengeMs } from "../../core/identity/lifetimes.ts";
import { writeOperation } from "../../operation.ts";
import { openBrowserSession } from "../../store/identity/browser-sessions.ts";
import { sealChallenge } from "../../store/identity/challenges.ts";
import type { AccountRow } from "../../store/identity/owners.ts";
import { secondFactorsOf } from "../../store/identity/second-factors.ts";
import { forgetTries } from "../../store/identity/sign-in-throttle.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { checkPassword } from "./check-password.ts";
import { emailSchema, passwordSchema } from "./sign-in-schemas.ts";
import { secondFactorNeededSchema, signedInSchema, toSignedIn } from "./signed-in-view.ts";

export const signInWithPassword = writeOperation({
  id: "signInWithPassword",
  method: "POST",
  path: "/v1/sign-in/password",
  tag: "Sign-in",
  summary: "Sign in with address and password",
  description: "The session is in the cookie that the answer sets; or a second factor is asked for.",
  access: { kind: "public", because: "the password is the proof" },
  perMinute: 120,
  hasSecret: "everything",
  body: z.object({ email: emailSchema, password: passwordSchema }),
  answers: { 200: z.discriminatedUnion("kind", [signedInSchema, secondFactorNeededSchema]) },
  prepare: async ({ body, services, actor, origin }) => {
    const account = await services.unitOfWork.read("all", (db) =>
      db.selectFrom("accounts").selectAll().where("email", "=", body.email).executeTakeFirst(),
    );
    const attempt = { account: body.email, ip: origin.ip };
    const { password } = body;
    const operation = "signInWithPassword";
    return {
      attempt,
      account: await checkPassword(services, { operation, account, password, attempt, actor, origin }),
    };
  },
  handle: async ({ tx, services, origin, prepared }) => {
    const { account, attempt } = prepared;
    await assertSamePassword(tx, account);
    const factors = await secondFactorsOf(tx.db, account.id);
    if (factors.hasTotp || factors.passkeys > 0) {
      // The tries are not forgotten yet: with a known password, the codes must not be guessed.
      tx.audit({
        action: "account.password_given",
        target: { kind: "account", id: account.id },
        body: {},
      });
      return {
        status: 200,
        body: {
          kind: "second_factor_needed",
          challenge: sealChallenge(
            services,
            "second_factor",
            { accountId: account.id, email: account.email, passwordChangedAt: changedAt(account) },
            challengeMs,
          ),
          factors: [
            ...(factors.hasTotp ? ["totp"] : []),
            ...(factors.backupCodesLeft > 0 ? ["backup_code"] : []),
            ...(factors.passkeys > 0 ? ["passkey"] : []),
          ],
        },
      };
    }
    await forgetTries(tx.db, attempt);
    const session = await openBrowserSession(tx, services.random, {
      accountId: account.id,
      proofs: ["password"],
      origin,
    });
    return { status: 200, headers: session.headers, body: toSignedIn(account.id, session) };
  },
});

/** The check took its time: who chose another password meanwhile, to end every login, gets no new one with the old. */
const assertSamePassword = async (tx: WriteTransaction, checked: AccountRow): Promise<void> => {
  const row = await tx.db
    .selectFrom("accounts")
    .select(["password_hash", "disabled_at"])
    .where("id", "=", checked.id)
    .forUpdate()
    .executeTakeFirst();
  if (!row || row.disabled_at || row.password_hash !== checked.password_hash)
    throw new Failure("sign_in_failed");
};

const changedAt = (account: { readonly password_changed_at: Date | null }): string | null =>
  account.password_changed_at?.toISOString() ?? null;
