import { Failure } from "@cmdop/base";
import { z } from "zod";
import { writeOperation } from "../../operation.ts";
import { openBrowserSession } from "../../store/identity/browser-sessions.ts";
import { useOneTimeCode } from "../../store/identity/one-time-codes.ts";
import { signedInSchema, toSignedIn } from "./signed-in-view.ts";

export const redeemSignInCode = writeOperation({
  id: "redeemSignInCode",
  method: "POST",
  path: "/v1/sign-in/code",
  tag: "Sign-in",
  summary: "Sign in with a one-time code",
  description: "The session is in the cookie that the answer sets.",
  access: { kind: "public", because: "the code is the proof" },
  perMinute: 10,
  body: z.object({ code: z.string().min(1).max(64) }),
  answers: { 200: signedInSchema },
  handle: async ({ body, tx, services, origin }) => {
    const { accountId } = await useOneTimeCode(tx, "sign_in", body.code);
    const account = await tx.db
      .selectFrom("accounts")
      .select(["id", "disabled_at"])
      .where("id", "=", accountId ?? "")
      .executeTakeFirst();
    if (!account || account.disabled_at) throw new Failure("gone");
    // Such codes are made by whoever has the control plane's directory.
    const session = await openBrowserSession(tx, services.random, {
      accountId: account.id,
      proofs: ["local"],
      origin,
    });
    return {
      status: 200,
      headers: session.headers,
      body: toSignedIn(account.id, session),
    };
  },
});
