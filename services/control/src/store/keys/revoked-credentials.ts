// Takes credentials back: in the database at once, at the edges by the revocation that goes with it.
import type { Expression, ExpressionBuilder, SqlBool } from "kysely";
import type { Schema } from "../schema.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

type Which = (rows: ExpressionBuilder<Schema, "credentials">) => Expression<SqlBool>;

export interface RevokedCredential {
  readonly id: string;
  readonly kind: string;
}

/** Those that match and are not revoked yet. Each is an audit entry; all of them one revocation. */
export const revokeCredentials = async (
  tx: WriteTransaction,
  which: Which,
  reason: string,
): Promise<readonly RevokedCredential[]> => {
  const rows = await tx.db
    .updateTable("credentials")
    .set((set) => ({ revoked_at: tx.now, revoked_reason: reason, version: set("version", "+", 1) }))
    .where("revoked_at", "is", null)
    .where(which)
    .returning(["id", "kind", "fingerprint", "name"])
    .execute();
  for (const { id, kind, fingerprint, name } of rows) {
    tx.audit({
      action: "credential.revoke",
      target: { kind: "credential", id },
      body: { kind, fingerprint, name, reason },
    });
  }
  if (rows.length > 0)
    tx.revoke(
      rows.map((row) => row.id),
      reason,
    );
  return rows;
};
