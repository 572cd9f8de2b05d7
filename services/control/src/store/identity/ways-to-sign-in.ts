import { Failure } from "@cmdop/base";
import type { Reader } from "../schema.ts";

/** Before a way to sign in is taken away, one after the other: of two that go at once one is the last. */
export const lockAccount = async (db: Reader, accountId: string): Promise<void> => {
  await db.selectFrom("accounts").select("id").where("id", "=", accountId).forUpdate().execute();
};

/** Throws Failure `conflict` when nothing is left to sign in by. */
export const requireWayToSignIn = async (db: Reader, accountId: string): Promise<void> => {
  const account = await db
    .selectFrom("accounts")
    .select("password_hash")
    .where("id", "=", accountId)
    .executeTakeFirst();
  if (typeof account?.password_hash === "string") return;
  for (const table of ["passkeys", "outside_identities"] as const) {
    const row = await db
      .selectFrom(table)
      .select("account_id")
      .where("account_id", "=", accountId)
      .executeTakeFirst();
    if (row) return;
  }
  throw new Failure("conflict", "It is the only way to sign in: choose a password or add a passkey first.");
};
