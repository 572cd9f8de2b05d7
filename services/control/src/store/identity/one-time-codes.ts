// Codes that prove who somebody is, once.
import { createHash } from "node:crypto";
import { Failure, newId, type Random, randomBase62 } from "@cmdop/base";
import type { Reader } from "../schema.ts";
import type { OneTimeCodeTable } from "../tables/identity-tables.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

type Purpose = OneTimeCodeTable["purpose"];

/** 190 bits, as a token's secret. */
const codeChars = 32;

const hashOf = (purpose: Purpose, code: string): Buffer =>
  createHash("sha256").update(`${purpose}\0${code}`).digest();

export const addOneTimeCode = async (
  tx: WriteTransaction,
  random: Random,
  wanted: {
    readonly purpose: Purpose;
    readonly accountId: string | null;
    readonly validMs: number;
  },
): Promise<{ readonly id: string; readonly code: string; readonly expiresAt: Date }> => {
  const code = randomBase62(codeChars, random);
  const expiresAt = new Date(tx.nowMs + wanted.validMs);
  const id = newId("otc", random);
  await tx.db.deleteFrom("one_time_codes").where("expires_at", "<", tx.now).execute();
  await tx.db
    .insertInto("one_time_codes")
    .values({
      id,
      purpose: wanted.purpose,
      hash: hashOf(wanted.purpose, code),
      account_id: wanted.accountId,
      created_at: tx.now,
      created_by: tx.actor.id,
      expires_at: expiresAt,
    })
    .execute();
  return { id, code, expiresAt };
};

/** Whose code it is, while it is good. It is not used up. */
export const findAccountOfCode = async (
  db: Reader,
  purpose: Purpose,
  code: string,
  nowMs: number,
): Promise<string | undefined> => {
  const row = await db
    .selectFrom("one_time_codes")
    .select("account_id")
    .where("hash", "=", hashOf(purpose, code))
    .where("used_at", "is", null)
    .where("expires_at", ">", new Date(nowMs))
    .executeTakeFirst();
  return row?.account_id ?? undefined;
};

/** Uses the code up: of many at once one gets it. `gone` for one that was used, has run out or never was. */
export const useOneTimeCode = async (
  tx: WriteTransaction,
  purpose: Purpose,
  code: string,
): Promise<{ readonly id: string; readonly accountId: string | null }> => {
  const row = await tx.db
    .updateTable("one_time_codes")
    .set({ used_at: tx.now })
    .where("hash", "=", hashOf(purpose, code))
    .where("used_at", "is", null)
    .where("expires_at", ">", tx.now)
    .returning(["id", "account_id"])
    .executeTakeFirst();
  if (!row) throw new Failure("gone", "The code was used, has run out, or never was one.");
  return { id: row.id, accountId: row.account_id };
};
