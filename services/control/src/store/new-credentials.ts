// Makes a credential's row. The secret is in what this returns and nowhere else.
import { mintOpaqueToken } from "@cmdop/authority";
import type { Random } from "@cmdop/base";
import type { WriteTransaction } from "./unit-of-work.ts";

export interface NewPersonalCredential {
  readonly kind: "ses" | "cli";
  readonly accountId: string;
  readonly name: string;
  readonly client: Readonly<Record<string, string>>;
  /** Of core/identity/proofs.ts; copied from the login that approved this one. */
  readonly proofs: readonly string[];
  /** When the proofs were given. */
  readonly signedInAt: Date;
  readonly idleMs: number;
  readonly expiresAt?: Date | undefined;
  /** Who made it; its owner where it says nothing. */
  readonly createdBy?: string | undefined;
}

export interface NewCredential {
  readonly id: string;
  readonly fingerprint: string;
  readonly secret: string;
}

/** For a person: a browser's session or a terminal's login, with all that the person may. */
export const addPersonalCredential = async (
  tx: WriteTransaction,
  random: Random,
  wanted: NewPersonalCredential,
): Promise<NewCredential> => {
  const minted = mintOpaqueToken(wanted.kind, random);
  await tx.db
    .insertInto("credentials")
    .values({
      ...rowOf(minted),
      kind: wanted.kind,
      account_id: wanted.accountId,
      name: wanted.name,
      client: JSON.stringify(wanted.client),
      created_at: tx.now,
      created_by: wanted.createdBy ?? wanted.accountId,
      signed_in_at: wanted.signedInAt,
      proofs: [...wanted.proofs],
      idle_ms: wanted.idleMs,
      expires_at: wanted.expiresAt ?? null,
    })
    .execute();
  return { id: minted.id, fingerprint: minted.fingerprint, secret: minted.token };
};

/** For a relay or a router: it reaches the internal listener alone. */
export const addEdgeCredential = async (
  tx: WriteTransaction,
  random: Random,
  wanted: { readonly name: string; readonly kind: string; readonly createdBy: string },
): Promise<NewCredential> => {
  const minted = mintOpaqueToken("edg", random);
  await tx.db
    .insertInto("credentials")
    .values({
      ...rowOf(minted),
      kind: "edg",
      account_id: null,
      name: wanted.name,
      client: JSON.stringify({ kind: wanted.kind }),
      created_at: tx.now,
      created_by: wanted.createdBy,
    })
    .execute();
  return { id: minted.id, fingerprint: minted.fingerprint, secret: minted.token };
};

const rowOf = (minted: { readonly id: string; readonly hash: Buffer; readonly fingerprint: string }) => ({
  id: minted.id,
  hash: minted.hash,
  fingerprint: minted.fingerprint,
  service_account_id: null,
  fleet_id: null,
  scopes: null,
  fleets: null,
  limits: null,
  last_used_from: null,
  revoked_reason: null,
  replaced_by: null,
});
