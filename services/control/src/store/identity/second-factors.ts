// What an account has beside its password, and the use of it. Each code is good once, also for two at the same time.
import { createHash } from "node:crypto";
import { Failure, type Random } from "@cmdop/base";
import type { Proof } from "../../core/identity/proofs.ts";
import type { Sealer, TotpCodes } from "../../ports.ts";
import type { Reader } from "../schema.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

interface Codes {
  readonly sealer: Sealer;
  readonly totpCodes: TotpCodes;
}

export interface SecondFactors {
  readonly hasTotp: boolean;
  readonly backupCodesLeft: number;
  readonly passkeys: number;
}

export const secondFactorsOf = async (db: Reader, accountId: string): Promise<SecondFactors> => {
  const row = await db
    .selectNoFrom((from) => [
      from
        .selectFrom("totp_factors")
        .select((of) => of.fn.countAll().as("n"))
        .where("account_id", "=", accountId)
        .as("totp"),
      from
        .selectFrom("backup_codes")
        .select((of) => of.fn.countAll().as("n"))
        .where("account_id", "=", accountId)
        .where("used_at", "is", null)
        .as("codes"),
      from
        .selectFrom("passkeys")
        .select((of) => of.fn.countAll().as("n"))
        .where("account_id", "=", accountId)
        .as("keys"),
    ])
    .executeTakeFirstOrThrow();
  return { hasTotp: Number(row.totp) > 0, backupCodesLeft: Number(row.codes), passkeys: Number(row.keys) };
};

export const totpContext = (accountId: string): string => `totp:${accountId}`;

export type SecondFactorProof =
  | { readonly kind: "totp"; readonly code: string }
  | { readonly kind: "backup_code"; readonly code: string };

/** Which proof it is; `sign_in_failed` for a wrong code and for one that was used. */
export const useSecondFactor = async (
  tx: WriteTransaction,
  services: Codes,
  accountId: string,
  given: SecondFactorProof,
): Promise<Proof> => {
  const isRight =
    given.kind === "totp"
      ? await useTotp(tx, services, accountId, given.code)
      : await useBackupCode(tx, accountId, given.code);
  if (!isRight) throw new Failure("sign_in_failed", "The code is wrong, or was used.");
  return given.kind;
};

const useTotp = async (
  tx: WriteTransaction,
  { sealer, totpCodes }: Codes,
  accountId: string,
  code: string,
): Promise<boolean> => {
  const factor = await tx.db
    .selectFrom("totp_factors")
    .selectAll()
    .where("account_id", "=", accountId)
    .forUpdate()
    .executeTakeFirst();
  if (!factor) return false;
  const secret = sealer.open(factor.secret_sealed, totpContext(accountId));
  if (secret === undefined) throw new Error("a second factor that no sealing key opens");
  const step = totpCodes.stepOf(secret, code.replaceAll(" ", ""), tx.nowMs);
  if (step === undefined || step <= Number(factor.last_step)) return false;
  await tx.db
    .updateTable("totp_factors")
    .set({ last_step: step })
    .where("account_id", "=", accountId)
    .execute();
  return true;
};

const useBackupCode = async (tx: WriteTransaction, accountId: string, code: string): Promise<boolean> => {
  const used = await tx.db
    .updateTable("backup_codes")
    .set({ used_at: tx.now })
    .where("account_id", "=", accountId)
    .where("hash", "=", hashOf(accountId, code))
    .where("used_at", "is", null)
    .returning("account_id")
    .executeTakeFirst();
  return used !== undefined;
};

/** No I, L, O, U: nobody has to guess what they have written down. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const backupCodes = 10;
/** 80 bits: too many to try, also for whoever has the hashes. */
const backupCodeChars = 16;

/** Ten new codes; the former ones are gone. */
export const renewBackupCodes = async (
  tx: WriteTransaction,
  random: Random,
  accountId: string,
): Promise<readonly string[]> => {
  const codes = Array.from({ length: backupCodes }, () =>
    // 256 is a multiple of 32: no letter is likelier than another.
    Array.from(random.bytes(backupCodeChars), (byte) => alphabet.charAt(byte % alphabet.length)).join(""),
  );
  await tx.db.deleteFrom("backup_codes").where("account_id", "=", accountId).execute();
  await tx.db
    .insertInto("backup_codes")
    .values(
      codes.map((code) => ({ account_id: accountId, hash: hashOf(accountId, code), created_at: tx.now })),
    )
    .execute();
  return codes.map((code) => (code.match(/.{4}/g) ?? []).join("-"));
};

const hashOf = (accountId: string, code: string): Buffer =>
  createHash("sha256")
    .update(`${accountId}\0${code.toUpperCase().replaceAll(/[^0-9A-Z]/g, "")}`)
    .digest();
