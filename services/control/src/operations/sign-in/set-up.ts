import { Failure } from "@cmdop/base";
import { z } from "zod";
import { assertPassword } from "../../core/identity/password-policy.ts";
import { writeOperation } from "../../operation.ts";
import { openBrowserSession } from "../../store/identity/browser-sessions.ts";
import { useOneTimeCode } from "../../store/identity/one-time-codes.ts";
import { addFirstOwner, lockClaim } from "../../store/identity/owners.ts";
import { emailSchema, nameSchema, passwordSchema } from "./sign-in-schemas.ts";
import { signedInSchema, toSignedIn } from "./signed-in-view.ts";

export const setUp = writeOperation({
  id: "setUp",
  method: "POST",
  path: "/v1/setup",
  tag: "Sign-in",
  summary: "Make the installation's owner, with the one-time code of cmdop control setup-url",
  access: { kind: "public", because: "there is nobody yet; the code is the proof" },
  perMinute: 10,
  body: z.object({
    code: z.string().min(1).max(64),
    email: emailSchema,
    name: nameSchema,
    password: passwordSchema,
  }),
  answers: { 200: signedInSchema },
  prepare: async ({ body, services }) => {
    assertPassword(body.password, body);
    return { passwordHash: await services.passwords.hash(body.password) };
  },
  handle: async ({ body, tx, services, origin, prepared }) => {
    const { isClaimed } = await lockClaim(tx);
    if (isClaimed) throw new Failure("gone", "This installation has its owner: sign in.");
    await useOneTimeCode(tx, "setup", body.code);
    const account = await addFirstOwner(tx, services.random, {
      email: body.email,
      name: body.name,
      passwordHash: prepared.passwordHash,
    });
    const session = await openBrowserSession(tx, services.random, {
      accountId: account.id,
      proofs: ["code", "password"],
      origin,
    });
    return { status: 200, headers: session.headers, body: toSignedIn(account.id, session) };
  },
});
