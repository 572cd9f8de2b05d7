import { Failure } from "@cmdop/base";
import { z } from "zod";
import type { Proof } from "../../core/identity/proofs.ts";
import { requirePrincipal, writeOperation } from "../../operation.ts";
import { renewSignIn } from "../../store/identity/renewed-sign-ins.ts";
import { secondFactorsOf, useSecondFactor } from "../../store/identity/second-factors.ts";
import { forgetTries } from "../../store/identity/sign-in-throttle.ts";
import { checkPassword } from "./check-password.ts";
import { passwordSchema, secondFactorSchema } from "./sign-in-schemas.ts";

/** What must not be done by whoever finds an open browser asks for this (`fresh_sign_in_needed`). */
export const confirmSignIn = writeOperation({
  id: "confirmSignIn",
  method: "POST",
  path: "/v1/sign-in/confirm",
  tag: "Sign-in",
  summary: "Prove again who you are: the login counts as fresh for 15 minutes",
  access: { kind: "signed_in" },
  body: z.object({
    password: passwordSchema,
    factor: secondFactorSchema.optional().describe("Where the account has an authenticator app"),
  }),
  answers: { 200: z.object({ signedInAt: z.iso.datetime() }) },
  prepare: async ({ body, services, actor, origin, ...call }) => {
    const { id } = requirePrincipal(call);
    const account = await services.unitOfWork.read("all", (db) =>
      db.selectFrom("accounts").selectAll().where("id", "=", id).executeTakeFirst(),
    );
    const attempt = { account: account?.email ?? id, ip: origin.ip };
    const { password } = body;
    const operation = "confirmSignIn";
    await checkPassword(services, { operation, account, password, attempt, actor, origin });
    return { attempt };
  },
  handle: async ({ body, tx, services, prepared, ...call }) => {
    const { id, credential } = requirePrincipal(call);
    const given: Proof[] = ["password"];
    if ((await secondFactorsOf(tx.db, id)).hasTotp) {
      if (!body.factor)
        throw new Failure("sign_in_failed", "The code of the authenticator app is needed too.");
      given.push(await useSecondFactor(tx, services, id, body.factor));
    }
    await forgetTries(tx.db, prepared.attempt);
    await renewSignIn(tx, credential.id, given);
    return { status: 200, body: { signedInAt: tx.now.toISOString() } };
  },
});
