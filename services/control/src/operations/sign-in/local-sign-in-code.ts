import { Failure } from "@cmdop/base";
import { z } from "zod";
import { signInCodeMs } from "../../core/identity/lifetimes.ts";
import { writeOperation } from "../../operation.ts";
import { addOneTimeCode } from "../../store/identity/one-time-codes.ts";
import { findOwner } from "../../store/identity/owners.ts";
import { emailSchema } from "./sign-in-schemas.ts";

export const localSignInCode = writeOperation({
  id: "localSignInCode",
  method: "POST",
  path: "/local/v1/sign-in-codes",
  tag: "Sign-in",
  summary: "An address with which a browser signs in, once, within ten minutes",
  access: { kind: "local" },
  hasSecret: "everything",
  body: z.object({
    /** Of the account; the owner's where it says nothing. */
    email: emailSchema.optional(),
  }),
  answers: { 201: z.object({ url: z.string(), expiresAt: z.iso.datetime() }) },
  handle: async ({ body, tx, services }) => {
    const account = await findOwner(tx.db, body.email);
    if (!account) throw new Failure("not_found", "There is no such account, or it is disabled.");
    const { id, code, expiresAt } = await addOneTimeCode(tx, services.random, {
      purpose: "sign_in",
      accountId: account.id,
      validMs: signInCodeMs,
    });
    tx.audit({
      action: "sign_in_code.create",
      target: { kind: "account", id: account.id },
      body: { code: id },
    });
    // Behind #: a browser sends it to nobody, and no log on the way has it.
    const url = `${services.addresses.publicUrl()}/sign-in#code=${code}`;
    return { status: 201, body: { url, expiresAt: expiresAt.toISOString() } };
  },
});
