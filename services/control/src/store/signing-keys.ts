// The keys that sign tickets and machines' tokens: rows, and what one process holds of them.
//
// K1  A key is in the key set 24 hours before it signs, and until everything that it signed is over (core/keys).
// K2  Processes agree by time alone: each reads the rows once a minute, and a row is a day old before it matters.
// K3  A private key is in the database sealed, and in memory; the first one also in the file that it came from.
// K4  A process that cannot open the key that signs (sealing.key was lost, or the database came without it) makes one
//     that signs at once: what it signs is refused for the half minute until edges have seen it.
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import {
  createPrivateKey25519,
  machineFingerprint,
  type PublicJwk,
  rawPublicKey,
  type TokenSigner,
  toPem,
  toPublicJwk,
} from "@cmdop/authority";
import { type Clock, Failure } from "@cmdop/base";
import type { Selectable } from "kysely";
import { isNextDue, keptUntilMs, publishedBeforeMs } from "../core/keys/signing-key-times.ts";
import type { Sealer } from "../ports.ts";
import { repeat } from "../repeat.ts";
import type { ControlDatabase, Reader } from "./schema.ts";
import type { SigningKeyTable } from "./tables/access-tables.ts";
import type { UnitOfWork, WriteTransaction } from "./unit-of-work.ts";

export type SigningKeyRow = Selectable<SigningKeyTable>;

export interface SigningKeys {
  /** What signs now. */
  current(): TokenSigner;
  /** The key set for edges: those that sign, will sign, or have signed what may still be good. */
  published(): { readonly keys: readonly PublicJwk[] };
  /** Reads what other processes did. */
  refresh(): Promise<void>;
  /** The same, and makes the next key when it is due, and removes those whose time is over. */
  keepUp(): Promise<void>;
  close(): Promise<void>;
}

const keepUpEveryMs = 60_000;

export const readSigningKeys = (db: Reader): Promise<SigningKeyRow[]> =>
  db.selectFrom("signing_keys").selectAll().orderBy("signs_from").orderBy("number").execute();

export const toTimes = (row: SigningKeyRow): { readonly signsFromMs: number } => ({
  signsFromMs: row.signs_from.getTime(),
});

/** The key after the newest. One that was made and does not sign yet is given instead: two are never under way. */
export const addNextSigningKey = async (
  tx: WriteTransaction,
  sealer: Sealer,
): Promise<{ readonly kind: "made" | "waiting"; readonly row: SigningKeyRow }> => {
  const rows = await readSigningKeys(tx.db);
  const newest = rows.at(-1);
  if (newest && newest.signs_from.getTime() > tx.nowMs) return { kind: "waiting", row: newest };
  const made = await insertKey(tx.db, {
    number: numberAfter(rows),
    privateKey: createPrivateKey25519(),
    sealer,
    createdAt: tx.now,
    signsFrom: new Date(tx.nowMs + publishedBeforeMs),
  });
  if (made) {
    noteMade(tx, made);
    return { kind: "made", row: made };
  }
  const winner = (await readSigningKeys(tx.db)).at(-1);
  if (!winner) throw new Error("somebody else has made a key");
  return { kind: "waiting", row: winner };
};

export const openSigningKeys = async (options: {
  readonly database: ControlDatabase;
  readonly unitOfWork: UnitOfWork;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** The first key, from the control plane's own directory. */
  readonly first: KeyObject;
  readonly failed: (cause: unknown) => void;
}): Promise<SigningKeys> => {
  const { database, unitOfWork, sealer, clock, first, failed } = options;
  const firstSigner = toSigner(first);
  let rows: readonly SigningKeyRow[] = [];
  /** Opened once. Undefined: sealed with a key that this process does not have. */
  const opened = new Map<string, TokenSigner | undefined>();

  const take = (read: readonly SigningKeyRow[]): void => {
    rows = read;
    for (const row of read) if (!opened.has(row.id)) opened.set(row.id, openRow(row, sealer, firstSigner));
    for (const id of opened.keys()) if (!read.some((row) => row.id === id)) opened.delete(id);
  };
  const refresh = async (): Promise<void> => take(await database.transaction(readSigningKeys));

  /** Undefined: what signs now was sealed with another key. */
  const signer = (): TokenSigner | undefined => {
    const row = newestAt(rows, clock.wallMs());
    return row && opened.get(row.id);
  };
  const ensureSigner = async (): Promise<void> => {
    await refresh();
    if (signer()) return;
    await unitOfWork.record(upkeep.actor, upkeep.origin, async (tx) => {
      const found = await readSigningKeys(tx.db);
      const signing = newestAt(found, tx.nowMs);
      // Another process has made it by now.
      if (signing && openRow(signing, sealer, firstSigner)) return;
      const isKnown = found.some(({ id }) => id === firstSigner.keyId);
      const made = await insertKey(tx.db, {
        number: numberAfter(found),
        privateKey: isKnown ? createPrivateKey25519() : first,
        sealer,
        createdAt: tx.now,
        signsFrom: tx.now,
      });
      if (made && found.length > 0) noteMade(tx, made, "the key that signed could not be opened");
    });
    await refresh();
  };
  await ensureSigner();

  const keepUp = async (): Promise<void> => {
    await ensureSigner();
    const times = rows.map(toTimes);
    const nowMs = clock.wallMs();
    const isOver = (keptUntilMs(times, 0) ?? Number.POSITIVE_INFINITY) <= nowMs;
    if (!isNextDue(times, nowMs) && !isOver) return;
    await unitOfWork.record(upkeep.actor, upkeep.origin, async (tx) => {
      // Another process may have done it by now.
      const found = (await readSigningKeys(tx.db)).map(toTimes);
      if (isNextDue(found, tx.nowMs)) await addNextSigningKey(tx, sealer);
      await removeOld(tx);
    });
    await refresh();
  };

  const keeping = repeat({ clock, everyMs: keepUpEveryMs, pass: keepUp, failed });
  return {
    current: () => {
      const current = signer();
      if (!current)
        throw new Failure("not_configured", "The key that signs cannot be opened: see sealing.key.");
      return current;
    },
    published: () => ({
      keys: rows.map(({ id, public_key }) => ({ kty: "OKP", crv: "Ed25519", x: public_key, kid: id })),
    }),
    refresh,
    keepUp: keeping.run,
    close: keeping.close,
  };
};

const upkeep = { actor: { kind: "system", id: "upkeep" }, origin: { requestId: "signing-keys" } } as const;

const noteMade = (tx: WriteTransaction, { id, signs_from }: SigningKeyRow, reason?: string): void =>
  tx.audit({
    action: "signing_key.create",
    target: { kind: "signing_key", id },
    body: { signsFrom: signs_from.toISOString() },
    ...(reason === undefined ? {} : { reason }),
  });

const newestAt = (rows: readonly SigningKeyRow[], nowMs: number): SigningKeyRow | undefined =>
  rows.findLast((row) => row.signs_from.getTime() <= nowMs);

const numberAfter = (rows: readonly SigningKeyRow[]): number =>
  Math.max(0, ...rows.map(({ number }) => number)) + 1;

const removeOld = async (tx: WriteTransaction): Promise<void> => {
  const rows = await readSigningKeys(tx.db);
  const times = rows.map(toTimes);
  for (const [at, row] of rows.entries()) {
    if ((keptUntilMs(times, at) ?? Number.POSITIVE_INFINITY) > tx.nowMs) continue;
    const { numDeletedRows } = await tx.db
      .deleteFrom("signing_keys")
      .where("number", "=", row.number)
      .executeTakeFirstOrThrow();
    if (numDeletedRows > 0n)
      tx.audit({ action: "signing_key.remove", target: { kind: "signing_key", id: row.id }, body: {} });
  }
};

const contextOf = (id: string): string => `signing key ${id}`;

const toSigner = (privateKey: KeyObject): TokenSigner => ({
  privateKey,
  keyId: machineFingerprint(rawPublicKey(createPublicKey(privateKey))),
});

const openRow = (row: SigningKeyRow, sealer: Sealer, first: TokenSigner): TokenSigner | undefined => {
  if (row.id === first.keyId) return first;
  const pem = sealer.open(row.sealed_private_key, contextOf(row.id));
  return pem === undefined ? undefined : toSigner(createPrivateKey({ key: pem, format: "pem" }));
};

/** Undefined: another made the key of this number. */
const insertKey = async (
  db: Reader,
  key: {
    readonly number: number;
    readonly privateKey: KeyObject;
    readonly sealer: Sealer;
    readonly createdAt: Date;
    readonly signsFrom: Date;
  },
): Promise<SigningKeyRow | undefined> => {
  const signer = toSigner(key.privateKey);
  return db
    .insertInto("signing_keys")
    .values({
      number: key.number,
      id: signer.keyId,
      public_key: toPublicJwk(signer).x,
      sealed_private_key: key.sealer.seal(toPem(key.privateKey), contextOf(signer.keyId)),
      created_at: key.createdAt,
      signs_from: key.signsFrom,
    })
    .onConflict((conflict) => conflict.column("number").doNothing())
    .returningAll()
    .executeTakeFirst();
};
