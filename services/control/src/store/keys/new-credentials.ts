// Makes a credential's row. The secret is in what this returns and nowhere else.
import { mintOpaqueToken } from "@cmdop/authority";
import type { Random } from "@cmdop/base";
import type { Selectable } from "kysely";
import type { CredentialTable } from "../tables/access-tables.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

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

export interface NewKey {
  readonly bearer: { readonly kind: "account" | "service"; readonly id: string };
  readonly fleetId: string;
  readonly name: string;
  /** Null: all that the bearer may. */
  readonly scopes: readonly string[] | null;
  readonly limits: Readonly<Record<string, number | readonly string[]>> | null;
  readonly client: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
}

/** For a program: an API key of a person or a key of a service account, good in one fleet. */
export const addKey = async (
  tx: WriteTransaction,
  random: Random,
  wanted: NewKey,
): Promise<{ readonly row: Selectable<CredentialTable>; readonly secret: string }> => {
  const kind = wanted.bearer.kind === "account" ? "api" : "svc";
  const minted = mintOpaqueToken(kind, random);
  const row = await tx.db
    .insertInto("credentials")
    .values({
      ...rowOf(minted),
      kind,
      account_id: kind === "api" ? wanted.bearer.id : null,
      service_account_id: kind === "svc" ? wanted.bearer.id : null,
      fleet_id: wanted.fleetId,
      fleets: [wanted.fleetId],
      name: wanted.name,
      scopes: wanted.scopes === null ? null : [...wanted.scopes],
      limits: wanted.limits === null ? null : JSON.stringify(wanted.limits),
      client: JSON.stringify(wanted.client),
      created_at: tx.now,
      created_by: tx.actor.id,
      expires_at: wanted.expiresAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return { row, secret: minted.token };
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
