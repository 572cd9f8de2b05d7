// Seals anew what an earlier sealing key sealed, so that it can be taken out of the file once every process has the
// newer one first. It runs at each start and changes nothing when all is current.
//
// R1  A row that somebody changes meanwhile keeps what they wrote: an update names the sealed text that it replaces.
// R2  What no key opens stays as it is, and is counted: the key that is missing may come back.
import { sql } from "kysely";
import type { Sealer } from "../ports.ts";
import { clientSecretContext } from "./identity/identity-providers.ts";
import { totpContext } from "./identity/second-factors.ts";
import { signingKeyContext } from "./keys/signing-keys.ts";
import { providerContext } from "./models/own-providers.ts";
import type { UnitOfWork, WriteTransaction } from "./unit-of-work.ts";
import { webhookSecretContext } from "./webhooks/webhooks.ts";

interface SealedColumn {
  readonly table: string;
  /** What the context is made of. */
  readonly id: string;
  readonly column: string;
  /** Several in one row, as text[]. */
  readonly isList?: boolean;
  readonly contextOf: (id: string) => string;
}

const sealedColumns: readonly SealedColumn[] = [
  { table: "totp_factors", id: "account_id", column: "secret_sealed", contextOf: totpContext },
  { table: "identity_providers", id: "id", column: "client_secret_sealed", contextOf: clientSecretContext },
  { table: "webhooks", id: "id", column: "secret", contextOf: webhookSecretContext },
  { table: "signing_keys", id: "id", column: "sealed_private_key", contextOf: signingKeyContext },
  { table: "providers", id: "id", column: "sealed_keys", isList: true, contextOf: providerContext },
  { table: "providers", id: "id", column: "sealed_headers", contextOf: providerContext },
];

export interface Resealed {
  /** Texts that are sealed by the newest key now. */
  readonly resealed: number;
  /** Texts that no key opens. */
  readonly unopened: number;
}

export const resealSecrets = async (
  unitOfWork: UnitOfWork,
  sealer: Sealer,
  requestId: string,
): Promise<Resealed> => {
  const written = await unitOfWork.writeOrReplay<Resealed>(
    "all",
    { kind: "system", id: "sealing" },
    { requestId },
    async (tx) => {
      let resealed = 0;
      let unopened = 0;
      for (const column of sealedColumns) {
        const done = await resealColumn(tx, sealer, column);
        resealed += done.resealed;
        unopened += done.unopened;
      }
      const result = { resealed, unopened };
      if (resealed === 0) return { kind: "unchanged", result };
      tx.audit({ action: "secrets.reseal", body: { resealed } });
      return { kind: "done", result };
    },
  );
  return written.result;
};

const resealColumn = async (
  { db }: WriteTransaction,
  sealer: Sealer,
  { table, id, column, isList = false, contextOf }: SealedColumn,
): Promise<Resealed> => {
  const { rows } = await sql<{ id: string; sealed: string | string[] }>`
    select ${sql.ref(id)} as id, ${sql.ref(column)} as sealed from ${sql.table(table)}
    where ${sql.ref(column)} is not null`.execute(db);
  let resealed = 0;
  let unopened = 0;
  for (const row of rows) {
    const context = contextOf(row.id);
    let changed = 0;
    const texts = [row.sealed].flat().map((sealed) => {
      if (sealer.isCurrent(sealed)) return sealed;
      const plaintext = sealer.open(sealed, context);
      if (plaintext === undefined) {
        unopened += 1;
        return sealed;
      }
      changed += 1;
      return sealer.seal(plaintext, context);
    });
    if (changed === 0) continue;
    const { numAffectedRows = 0n } = await sql`
      update ${sql.table(table)} set ${sql.ref(column)} = ${isList ? texts : texts[0]}
      where ${sql.ref(id)} = ${row.id} and ${sql.ref(column)} = ${row.sealed}`.execute(db);
    // None where somebody wrote another one meanwhile (R1).
    if (numAffectedRows > 0n) resealed += changed;
  }
  return { resealed, unopened };
};
