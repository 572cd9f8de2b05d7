import { sql } from "kysely";
import type { Proof } from "../../core/identity/proofs.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

/** Somebody has proved again who they are, for this credential: it is fresh from now on, and has these proofs too. */
export const renewSignIn = async (
  tx: WriteTransaction,
  credentialId: string,
  given: readonly Proof[],
): Promise<void> => {
  await tx.db
    .updateTable("credentials")
    .set({
      signed_in_at: tx.now,
      proofs: sql<
        string[]
      >`(select array(select distinct unnest(proofs || ${[...given]}::text[]) order by 1))`,
    })
    .where("id", "=", credentialId)
    .execute();
  tx.audit({
    action: "account.confirm",
    target: { kind: "credential", id: credentialId },
    body: { proofs: [...given] },
  });
};
