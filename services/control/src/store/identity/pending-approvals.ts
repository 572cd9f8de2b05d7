// Logins of terminals that somebody has approved and that no terminal has fetched yet.
import type { WriteTransaction } from "../unit-of-work.ts";

/**
 * For whoever ends an account's logins from elsewhere: a stolen one must not live on in what it approved. Call it before
 * the logins are ended, so that one that is fetched at this moment is among them, and before the account is locked: a
 * terminal that fetches one holds what is locked here, and waits for the account.
 */
export const dropApprovals = async (tx: WriteTransaction, accountId: string): Promise<void> => {
  await tx.db
    .updateTable("device_grants")
    .set({ state: "denied" })
    .where("account_id", "=", accountId)
    .where("state", "in", ["claimed", "approved"])
    .execute();
  await tx.db
    .deleteFrom("authorization_codes")
    .where("account_id", "=", accountId)
    .where("used_at", "is", null)
    .execute();
};
