import { Failure, newId, toDisplayText } from "@cmdop/base";
import { z } from "zod";
import { installationRoles } from "../../core/access/roles.ts";
import { resetCodeMs } from "../../core/identity/lifetimes.ts";
import { writeOperation } from "../../operation.ts";
import type { Services } from "../../services.ts";
import { addOneTimeCode } from "../../store/identity/one-time-codes.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { accountParams, accountSchema, toAccount } from "./account-view.ts";

const access = { kind: "installation", right: "accounts:manage" } as const;

const resetSchema = z.object({
  url: z.string().describe("To be handed to the person: whoever has it chooses the password"),
  expiresAt: z.iso.datetime(),
});

const addReset = async (
  tx: WriteTransaction,
  services: Services,
  accountId: string,
): Promise<z.input<typeof resetSchema>> => {
  // One at a time: an earlier one that went astray is no good any more.
  await tx.db
    .deleteFrom("one_time_codes")
    .where("account_id", "=", accountId)
    .where("purpose", "=", "password_reset")
    .execute();
  const { code, expiresAt } = await addOneTimeCode(tx, services.random, {
    purpose: "password_reset",
    accountId,
    validMs: resetCodeMs,
  });
  return {
    url: `${services.addresses.publicUrl()}/reset#code=${code}`,
    expiresAt: expiresAt.toISOString(),
  };
};

export const createAccount = writeOperation({
  id: "createAccount",
  method: "POST",
  path: "/v1/accounts",
  tag: "Accounts",
  summary: "Make an account; the answer has the address at which its owner chooses a password",
  access,
  isFreshSignInNeeded: true,
  hasSecret: "everything",
  body: z.object({
    email: z
      .email()
      .max(254)
      .transform((text) => text.toLowerCase()),
    name: z
      .string()
      .max(100)
      .transform((text) => toDisplayText(text, 100).trim())
      .pipe(z.string().min(1)),
    installationRole: z.enum(installationRoles).default("member"),
  }),
  answers: { 201: z.object({ account: accountSchema, passwordReset: resetSchema }) },
  handle: async ({ body, tx, services }) => {
    const row = await tx.db
      .insertInto("accounts")
      .values({
        id: newId("acc", services.random),
        email: body.email,
        name: body.name,
        installation_role: body.installationRole,
        password_hash: null,
        created_at: tx.now,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (isUniqueViolation(error))
          throw new Failure("name_taken", "There is an account with this address.");
        throw error;
      });
    tx.audit({
      action: "account.create",
      target: { kind: "account", id: row.id },
      body: { email: row.email, installationRole: row.installation_role },
    });
    const passwordReset = await addReset(tx, services, row.id);
    return { status: 201, body: { account: toAccount(row), passwordReset } };
  },
});

export const offerPasswordReset = writeOperation({
  id: "offerPasswordReset",
  method: "POST",
  path: "/v1/accounts/{account}/password-reset",
  tag: "Accounts",
  summary: "An address at which somebody chooses a new password, once, within a day",
  access,
  isFreshSignInNeeded: true,
  hasSecret: "everything",
  params: accountParams,
  body: z.object({
    dropSecondFactors: z
      .boolean()
      .default(false)
      .describe("Authenticator app, backup codes and passkeys are gone"),
  }),
  answers: { 201: resetSchema },
  handle: async ({ params, body, tx, services }) => {
    const row = await tx.db
      .selectFrom("accounts")
      .select("id")
      .where("id", "=", params.account)
      .where("disabled_at", "is", null)
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such account, or it is disabled.");
    if (body.dropSecondFactors) {
      for (const table of ["totp_factors", "backup_codes", "passkeys"] as const) {
        await tx.db.deleteFrom(table).where("account_id", "=", row.id).execute();
      }
    }
    tx.audit({
      action: "account.offer_password_reset",
      target: { kind: "account", id: row.id },
      body: { dropSecondFactors: body.dropSecondFactors },
    });
    return { status: 201, body: await addReset(tx, services, row.id) };
  },
});
