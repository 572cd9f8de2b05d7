import { Failure } from "@cmdop/base";
import { z } from "zod";
import { assertPassword } from "../../core/identity/password-policy.ts";
import { writeOperation } from "../../operation.ts";
import {
  isReusedPassword,
  keepFormerPassword,
  reusedPassword,
} from "../../store/identity/former-passwords.ts";
import { findAccountOfCode, useOneTimeCode } from "../../store/identity/one-time-codes.ts";
import { dropApprovals } from "../../store/identity/pending-approvals.ts";
import { revokeCredentials } from "../../store/keys/revoked-credentials.ts";
import { passwordSchema } from "./sign-in-schemas.ts";

export const redeemPasswordReset = writeOperation({
  id: "redeemPasswordReset",
  method: "POST",
  path: "/v1/sign-in/password-reset",
  tag: "Sign-in",
  summary: "Choose a password with the code that an owner gave; every login of the account ends",
  access: { kind: "public", because: "the code is the proof" },
  perMinute: 10,
  body: z.object({ code: z.string().min(1).max(64), password: passwordSchema }),
  answers: { 204: null },
  prepare: async ({ body, services }) => {
    assertPassword(body.password, { email: "", name: "" });
    const accountId = await services.unitOfWork.read("all", (db) =>
      findAccountOfCode(db, "password_reset", body.code, services.clock.wallMs()),
    );
    const isReused = accountId !== undefined && (await isReusedPassword(services, accountId, body.password));
    return { isReused, hash: await services.passwords.hash(body.password) };
  },
  handle: async ({ body, tx, prepared }) => {
    const { accountId } = await useOneTimeCode(tx, "password_reset", body.code);
    // Behind the code: of many at once one sets the password, and it is the present one to the others.
    if (prepared.isReused) throw reusedPassword();
    if (accountId !== null) {
      await dropApprovals(tx, accountId);
      await keepFormerPassword(tx, accountId);
    }
    const account = await tx.db
      .updateTable("accounts")
      .set((set) => ({
        password_hash: prepared.hash,
        password_changed_at: tx.now,
        version: set("version", "+", 1),
      }))
      .where("id", "=", accountId ?? "")
      .where("disabled_at", "is", null)
      .returning(["id", "email", "name"])
      .executeTakeFirst();
    if (!account) throw new Failure("gone");
    assertPassword(body.password, account);
    tx.audit({ action: "account.reset_password", target: { kind: "account", id: account.id }, body: {} });
    await revokeCredentials(
      tx,
      (row) => row.and([row("account_id", "=", account.id), row("kind", "in", ["ses", "cli"])]),
      "the password was reset",
    );
    return { status: 204 };
  },
});
