// API keys and keys of service accounts, as the operations and the checks beside them read them.
import type { Reader } from "../schema.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

export const keyRows = (db: Reader) =>
  db
    .selectFrom("credentials")
    .leftJoin("accounts", "accounts.id", "credentials.account_id")
    .leftJoin("service_accounts", "service_accounts.id", "credentials.service_account_id")
    .selectAll("credentials")
    .select(["accounts.name as account_name", "service_accounts.name as service_name"])
    .where("credentials.kind", "in", ["api", "svc"]);

/** Ends keys at once, here and at the edges; gives the ids of those that were live. Each is an audit entry. */
export const revokeKeys = async (
  tx: WriteTransaction,
  which: {
    readonly id?: string;
    readonly fleetId: string;
    readonly accountId?: string;
  },
  reason: string,
): Promise<readonly string[]> => {
  let rows = tx.db
    .updateTable("credentials")
    .set((set) => ({ revoked_at: tx.now, revoked_reason: reason, version: set("version", "+", 1) }))
    .where("kind", "in", ["api", "svc"])
    .where("fleet_id", "=", which.fleetId)
    .where("revoked_at", "is", null);
  if (which.id !== undefined) rows = rows.where("id", "=", which.id);
  if (which.accountId !== undefined) rows = rows.where("account_id", "=", which.accountId);
  const revoked = await rows.returning(["id", "fingerprint", "name"]).execute();
  for (const { id, fingerprint, name } of revoked) {
    tx.audit({
      action: "key.revoke",
      fleet: which.fleetId,
      target: { kind: "key", id },
      body: { fingerprint, name, reason },
    });
    tx.publish("keys", id, which.fleetId);
  }
  const ids = revoked.map(({ id }) => id);
  if (ids.length > 0) tx.revoke(ids, reason);
  return ids;
};
