import { z } from "zod";
import { assertPassword } from "../../core/identity/password-policy.ts";
import { requireAccount, writeOperation } from "../../operation.ts";
import {
  isReusedPassword,
  keepFormerPassword,
  reusedPassword,
} from "../../store/identity/former-passwords.ts";
import { dropApprovals } from "../../store/identity/pending-approvals.ts";
import { revokeCredentials } from "../../store/keys/revoked-credentials.ts";

export const setPassword = writeOperation({
  id: "setPassword",
  method: "PUT",
  path: "/v1/account/password",
  tag: "Your account",
  summary: "Choose a new password; every other browser and terminal of yours is signed out",
  description: "The present one and the five before it are refused.",
  access: { kind: "signed_in" },
  isFreshSignInNeeded: true,
  body: z.object({ password: z.string().min(1).max(1024) }),
  answers: { 204: null },
  prepare: async ({ body, services, ...call }) => {
    const { id } = requireAccount(call);
    const account = await services.unitOfWork.read("all", (db) =>
      db.selectFrom("accounts").select(["email", "name"]).where("id", "=", id).executeTakeFirstOrThrow(),
    );
    assertPassword(body.password, account);
    if (await isReusedPassword(services, id, body.password)) throw reusedPassword();
    return { hash: await services.passwords.hash(body.password) };
  },
  handle: async ({ tx, prepared, ...call }) => {
    const { id, credential } = requireAccount(call);
    await dropApprovals(tx, id);
    await keepFormerPassword(tx, id);
    await tx.db
      .updateTable("accounts")
      .set((set) => ({
        password_hash: prepared.hash,
        password_changed_at: tx.now,
        version: set("version", "+", 1),
      }))
      .where("id", "=", id)
      .execute();
    tx.audit({ action: "account.set_password", target: { kind: "account", id }, body: {} });
    await revokeCredentials(
      tx,
      (row) =>
        row.and([
          row("account_id", "=", id),
          row("kind", "in", ["ses", "cli"]),
          row("id", "!=", credential.id),
        ]),
      "the password was changed",
    );
    return { status: 204 };
  },
});
