// The authenticator app: added in two steps, so that nobody is locked out by an app that did not take the secret.
import { Failure } from "@cmdop/base";
import { z } from "zod";
import { challengeMs } from "../../core/identity/lifetimes.ts";
import { readOperation, requireAccount, writeOperation } from "../../operation.ts";
import { openChallenge, sealChallenge, spendChallenge } from "../../store/identity/challenges.ts";
import { renewSignIn } from "../../store/identity/renewed-sign-ins.ts";
import { renewBackupCodes, totpContext } from "../../store/identity/second-factors.ts";

const enrolmentSchema = z.object({ accountId: z.string(), secret: z.string() });

export const beginTotp = readOperation({
  id: "beginTotp",
  method: "POST",
  path: "/v1/account/totp/enrolments",
  tag: "Your account",
  summary: "A secret for an authenticator app",
  description: "It counts once a code made with it was given (PUT /v1/account/totp).",
  access: { kind: "signed_in" },
  isFreshSignInNeeded: true,
  answers: {
    200: z.object({
      secret: z.string().describe("In base32, to be typed"),
      url: z.string().describe("otpauth:, for the app on this device"),
      qrRows: z
        .array(z.string())
        .describe("The same as a QR code without a margin: rows of 0 (light) and 1 (dark)"),
      challenge: z.string(),
    }),
  },
  handle: async ({ db, services, ...call }) => {
    const { id: accountId } = requireAccount(call);
    const account = await db
      .selectFrom("accounts")
      .select("email")
      .where("id", "=", accountId)
      .executeTakeFirstOrThrow();
    const secret = services.totpCodes.newSecret(services.random);
    const url = services.totpCodes.url(secret, account.email);
    return {
      status: 200,
      body: {
        secret,
        url,
        qrRows: [...services.totpCodes.qrRows(url)],
        challenge: sealChallenge(services, "totp_enrolment", { accountId, secret }, challengeMs * 2),
      },
    };
  },
});

export const putTotp = writeOperation({
  id: "putTotp",
  method: "PUT",
  path: "/v1/account/totp",
  tag: "Your account",
  summary: "Use the authenticator app from now on; gives ten backup codes",
  description: "A former app and former backup codes are gone.",
  access: { kind: "signed_in" },
  isFreshSignInNeeded: true,
  perMinute: 10,
  hasSecret: "everything",
  body: z.object({ challenge: z.string().max(2048), code: z.string().regex(/^\d{3} ?\d{3}$/) }),
  answers: { 200: z.object({ backupCodes: z.array(z.string()) }) },
  handle: async ({ body, tx, services, ...call }) => {
    const { id, credential } = requireAccount(call);
    const challenge = openChallenge(services, "totp_enrolment", body.challenge, enrolmentSchema);
    const { accountId, secret } = challenge.data;
    if (accountId !== id) throw new Failure("gone");
    const step = services.totpCodes.stepOf(secret, body.code.replaceAll(" ", ""), tx.nowMs);
    if (step === undefined)
      throw new Failure("invalid_argument", "The code is not the app's: try its next one.");
    await spendChallenge(tx, challenge);
    const factor = { secret_sealed: services.sealer.seal(secret, totpContext(id)), last_step: step };
    await tx.db
      .insertInto("totp_factors")
      .values({ account_id: id, ...factor, created_at: tx.now })
      .onConflict((conflict) => conflict.column("account_id").doUpdateSet({ ...factor, created_at: tx.now }))
      .execute();
    const backupCodes = await renewBackupCodes(tx, services.random, id);
    tx.audit({ action: "account.put_totp", target: { kind: "account", id }, body: {} });
    await renewSignIn(tx, credential.id, ["totp"]);
    return { status: 200, body: { backupCodes } };
  },
});

export const removeTotp = writeOperation({
  id: "removeTotp",
  method: "DELETE",
  path: "/v1/account/totp",
  tag: "Your account",
  summary: "Sign in without the authenticator app from now on; its backup codes are gone",
  access: { kind: "signed_in" },
  isFreshSignInNeeded: true,
  answers: { 204: null },
  handle: async ({ tx, ...call }) => {
    const { id } = requireAccount(call);
    const removed = await tx.db
      .deleteFrom("totp_factors")
      .where("account_id", "=", id)
      .returning("account_id")
      .executeTakeFirst();
    if (!removed) throw new Failure("not_found", "The account has no authenticator app.");
    await tx.db.deleteFrom("backup_codes").where("account_id", "=", id).execute();
    tx.audit({ action: "account.remove_totp", target: { kind: "account", id }, body: {} });
    return { status: 204 };
  },
});

export const newBackupCodes = writeOperation({
  id: "newBackupCodes",
  method: "POST",
  path: "/v1/account/backup-codes",
  tag: "Your account",
  summary: "Ten new backup codes; the former ones are gone",
  access: { kind: "signed_in" },
  isFreshSignInNeeded: true,
  hasSecret: "everything",
  answers: { 200: z.object({ backupCodes: z.array(z.string()) }) },
  handle: async ({ tx, services, ...call }) => {
    const { id } = requireAccount(call);
    const factor = await tx.db
      .selectFrom("totp_factors")
      .select("account_id")
      .where("account_id", "=", id)
      .executeTakeFirst();
    if (!factor)
      throw new Failure("conflict", "Backup codes stand in for an authenticator app: add one first.");
    const backupCodes = await renewBackupCodes(tx, services.random, id);
    tx.audit({ action: "account.renew_backup_codes", target: { kind: "account", id }, body: {} });
    return { status: 200, body: { backupCodes } };
  },
});
