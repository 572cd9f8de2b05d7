// Who somebody is at outside providers. I1: an identity there is one account here, an account has one at each provider.
import { Failure } from "@cmdop/base";
import type { WriteTransaction } from "../unit-of-work.ts";
import { isUniqueViolation } from "../violations.ts";
import type { IdentityProviderRow } from "./identity-providers.ts";

interface OutsideIdentity {
  readonly provider: Pick<IdentityProviderRow, "id" | "name">;
  readonly subject: string;
}

/** The account of this identity, which has signed in with it now. */
export const useOutsideIdentity = async (
  tx: WriteTransaction,
  { provider, subject }: OutsideIdentity,
): Promise<string | undefined> => {
  const known = await tx.db
    .updateTable("outside_identities")
    .set({ last_sign_in_at: tx.now })
    .where("provider_id", "=", provider.id)
    .where("subject", "=", subject)
    .returning("account_id")
    .executeTakeFirst();
  return known?.account_id;
};

export const addOutsideIdentity = async (
  tx: WriteTransaction,
  accountId: string,
  { provider, subject }: OutsideIdentity,
): Promise<void> => {
  await tx.db
    .insertInto("outside_identities")
    .values({
      provider_id: provider.id,
      subject,
      account_id: accountId,
      created_at: tx.now,
      last_sign_in_at: tx.now,
    })
    .execute()
    .catch((error: unknown) => {
      if (!isUniqueViolation(error)) throw error;
      throw new Failure(
        "conflict",
        `Another identity at ${provider.name} is linked to this account already.`,
      );
    });
};
