import { Failure } from "@cmdop/base";
import { z } from "zod";
import { cliIdleMs } from "../../core/identity/lifetimes.ts";
import { writeOperation } from "../../operation.ts";
import { clientSchema, loginNameOf, toClientRow } from "../../store/identity/client-description.ts";
import { addFirstOwner, findOwner, lockClaim } from "../../store/identity/owners.ts";
import { addPersonalCredential } from "../../store/keys/new-credentials.ts";
import { emailSchema, nameSchema } from "./sign-in-schemas.ts";

/** Signs in whoever has the control plane's directory; the first time it makes the owner. */
export const localSignIn = writeOperation({
  id: "localSignIn",
  method: "POST",
  path: "/local/v1/sign-in",
  tag: "Sign-in",
  summary: "Sign in on the control plane's own machine",
  access: { kind: "local" },
  hasSecret: true,
  body: z.object({
    /** Of the account; the owner's where it says nothing. */
    email: emailSchema.optional(),
    /** Of the owner, when there is none yet. */
    name: nameSchema,
    client: clientSchema,
  }),
  answers: {
    201: z.object({
      accountId: z.string(),
      email: z.string(),
      name: z.string(),
      /** Whether this made the owner. */
      isNew: z.boolean(),
      credentialId: z.string(),
      fingerprint: z.string(),
      secret: z.string(),
    }),
  },
  handle: async ({ body, tx, services }) => {
    const { isClaimed } = await lockClaim(tx);
    const account = isClaimed
      ? await findOwner(tx.db, body.email)
      : await addFirstOwner(tx, services.random, {
          email: body.email ?? localEmail(body.name),
          name: body.name,
        });
    if (!account) throw new Failure("not_found", "There is no such account, or it is disabled.");
    const credential = await addPersonalCredential(tx, services.random, {
      kind: "cli",
      accountId: account.id,
      name: loginNameOf(toClientRow(body.client)),
      client: toClientRow(body.client),
      proofs: ["local"],
      signedInAt: tx.now,
      idleMs: cliIdleMs,
    });
    await tx.db
      .updateTable("accounts")
      .set({ last_sign_in_at: tx.now })
      .where("id", "=", account.id)
      .execute();
    tx.audit({
      action: "account.sign_in",
      target: { kind: "account", id: account.id },
      body: { proofs: ["local"], credential: credential.id, fingerprint: credential.fingerprint },
    });
    return {
      status: 201,
      body: {
        accountId: account.id,
        email: account.email,
        name: account.name,
        isNew: !isClaimed,
        credentialId: credential.id,
        fingerprint: credential.fingerprint,
        secret: credential.secret,
      },
    };
  },
});

/** An address for somebody who gave none; nothing is ever sent there. */
const localEmail = (name: string): string => {
  const local = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ".")
    .replaceAll(/^\.|\.$/g, "");
  return `${local.slice(0, 64) || "owner"}@localhost`;
};
