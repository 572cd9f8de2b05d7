// A password that somebody has changed is not theirs again soon: it may be the one that got about. Kept as hashes, the
// newest few of each account alone.
import { Failure } from "@cmdop/base";
import type { Passwords } from "../../ports.ts";
import type { Reader } from "../schema.ts";
import type { UnitOfWork, WriteTransaction } from "../unit-of-work.ts";

/** Beside the present one. Each costs a check of argon2 at a change. */
const formerPasswordsMax = 5;

/** Reads hashes, so that they are compared outside the transaction: each takes 20 ms or so. */
const readHashes = async (db: Reader, accountId: string): Promise<readonly string[]> => {
  const account = await db
    .selectFrom("accounts")
    .select("password_hash")
    .where("id", "=", accountId)
    .executeTakeFirst();
  const former = await db
    .selectFrom("former_passwords")
    .select("hash")
    .where("account_id", "=", accountId)
    .orderBy("replaced_at", "desc")
    .limit(formerPasswordsMax)
    .execute();
  return [account?.password_hash ?? [], former.map(({ hash }) => hash)].flat();
};

/** Whether it is the present password or one of the five before it. */
export const isReusedPassword = async (
  { unitOfWork, passwords }: { readonly unitOfWork: UnitOfWork; readonly passwords: Passwords },
  accountId: string,
  password: string,
): Promise<boolean> => {
  for (const hash of await unitOfWork.read("all", (db) => readHashes(db, accountId))) {
    if (await passwords.matches(password, hash)) return true;
  }
  return false;
};

export const reusedPassword = (): Failure => {
  const detail = `is the present one, or one of the ${formerPasswordsMax} before it`;
  return new Failure("invalid_argument", `The password ${detail}.`, {
    details: { errors: [{ pointer: "/password", detail }] },
  });
};

/** Before the new hash is written: the present one becomes a former one. */
export const keepFormerPassword = async (tx: WriteTransaction, accountId: string): Promise<void> => {
  const present = await tx.db
    .selectFrom("accounts")
    .select("password_hash")
    .where("id", "=", accountId)
    .forUpdate()
    .executeTakeFirst();
  if (typeof present?.password_hash !== "string") return;
  await tx.db
    .insertInto("former_passwords")
    .values({ account_id: accountId, hash: present.password_hash, replaced_at: tx.now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const kept = tx.db
    .selectFrom("former_passwords")
    .select("hash")
    .where("account_id", "=", accountId)
    .orderBy("replaced_at", "desc")
    .limit(formerPasswordsMax);
  await tx.db
    .deleteFrom("former_passwords")
    .where("account_id", "=", accountId)
    .where("hash", "not in", kept)
    .execute();
};
