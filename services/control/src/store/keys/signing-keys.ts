// The keys that sign tickets and machines' tokens: rows, and what one process holds of them.
//
// K1  A key is in the key set 24 hours before it signs, and until everything that it signed is over (core/keys).
// K2  Processes agree by time alone: each reads the rows once a minute, and a row is a day old before it matters. What
//     edges are given is read when they ask.
// K3  A private key is in the database sealed, and in memory; the first one also in the file that it came from.
// K4  A process that cannot open the key that signs (sealing.key was lost, or the database came without it) makes one
//     that signs at once: what it signs is refused for the half minute until edges have seen it.
// K5  A key that was withdrawn signs nothing from then on, is named to edges for good, and never comes back: the first
//     key, from its file, is taken for an empty table alone. Processes hear of it by the revocation.
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
import { internalLimits } from "@cmdop/edge";
import type { Selectable } from "kysely";
import { isNextDue, keptUntilMs, publishedBeforeMs } from "../../core/keys/signing-key-times.ts";
import type { Sealer } from "../../ports.ts";
import { repeat } from "../../repeat.ts";
import type { RevocationLog } from "../edges/revocation-log.ts";
import type { ControlDatabase, Reader } from "../schema.ts";
import type { SigningKeyTable } from "../tables/access-tables.ts";
import type { UnitOfWork, WriteTransaction } from "../unit-of-work.ts";

export type SigningKeyRow = Selectable<SigningKeyTable>;

export interface PublishedKeys {
  /** Those that sign, will sign, or have signed what may still be good. */
  readonly keys: readonly PublicJwk[];
  /** Names of those that are never to be taken again, the newest first. */
  readonly withdrawn: readonly string[];
}

export interface SigningKeys {
  /** What signs now. */
  current(): TokenSigner;
  /** The key set for edges, as it is in the database. */
  published(): Promise<PublishedKeys>;
  /** Reads what other processes did. */
  refresh(): Promise<void>;
  /** The same, and makes the next key when it is due, and removes those whose time is over. */
  keepUp(): Promise<void>;
  close(): Promise<void>;
}

const keepUpEveryMs = 60_000;
/** The same key made by others again and again is no accident. */
const triesMax = 8;

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

/**
 * A new key that signs at once, in place of every other one: who has taken one had the others before them as well. From
 * the commit on, edges refuse what those signed and end what lives by it.
 */
export const withdrawSigningKeys = async (
  tx: WriteTransaction,
  sealer: Sealer,
): Promise<{ readonly row: SigningKeyRow; readonly withdrawn: readonly string[] }> => {
  let made: SigningKeyRow | undefined;
  // Whoever makes the key of the same number at this moment wins, and theirs is withdrawn too.
  for (let attempt = 0; !made && attempt < triesMax; attempt += 1) {
    made = await insertKey(tx.db, {
      number: numberAfter(await readSigningKeys(tx.db)),
      privateKey: createPrivateKey25519(),
      sealer,
      createdAt: tx.now,
      signsFrom: tx.now,
    });
  }
  if (!made) throw new Failure("conflict", "Others change the signing keys at this moment.");
  const gone = await tx.db
    .deleteFrom("signing_keys")
    .where("number", "<", made.number)
    .returning("id")
    .execute();
  const withdrawn = gone.map(({ id }) => id);
  if (withdrawn.length > 0) {
    await tx.db
      .insertInto("withdrawn_signing_keys")
      .values(withdrawn.map((id) => ({ id, withdrawn_at: tx.now })))
      .execute();
    tx.revoke(withdrawn, "the key that signed it was withdrawn");
  }
  for (const id of withdrawn)
    tx.audit({ action: "signing_key.withdraw", target: { kind: "signing_key", id }, body: {} });
  noteMade(tx, made);
  return { row: made, withdrawn };
};

export const openSigningKeys = async (options: {
  readonly database: ControlDatabase;
  readonly unitOfWork: UnitOfWork;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** The first key, from the control plane's own directory. */
  readonly first: KeyObject;
  readonly revocations: Pick<RevocationLog, "follow">;
  readonly failed: (cause: unknown) => void;
}): Promise<SigningKeys> => {
  const { database, unitOfWork, sealer, clock, first, revocations, failed } = options;
  const firstSigner = toSigner(first);
  let rows: readonly SigningKeyRow[] = [];
  /** Opened once. Undefined: sealed with a key that this process does not have. */
  const opened = new Map<string, TokenSigner | undefined>();

  const take = (read: readonly SigningKeyRow[]): void => {
    rows = read;
    for (const row of read) if (!opened.has(row.id)) opened.set(row.id, openRow(row, sealer, firstSigner));
    for (const id of opened.keys()) if (!read.some((row) => row.id === id)) opened.delete(id);
  };
  /** One after the other: what was read first must not replace what was read later. */
  let reading: Promise<void> = Promise.resolve();
  const refresh = (): Promise<void> => {
    const read = async (): Promise<void> => take(await database.transaction(readSigningKeys));
    reading = reading.then(read, read);
    return reading;
  };

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
      const made = await insertKey(tx.db, {
        number: numberAfter(found),
        privateKey: found.length === 0 ? first : createPrivateKey25519(),
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

  const stopFollowing = revocations.follow((revoked) => {
    if (revoked.some(({ subjects }) => subjects.some((subject) => opened.has(subject))))
      refresh().catch(failed);
  });
  const keeping = repeat({ clock, everyMs: keepUpEveryMs, pass: keepUp, failed });
  return {
    current: () => {
      const current = signer();
      if (!current)
        throw new Failure("not_configured", "The key that signs cannot be opened: see sealing.key.");
      return current;
    },
    published: () => database.transaction(readPublished),
    refresh,
    keepUp: keeping.run,
    close: async () => {
      stopFollowing();
      await keeping.close();
    },
  };
};

const readPublished = async (db: Reader): Promise<PublishedKeys> => {
  const rows = await readSigningKeys(db);
  const withdrawn = await db
    .selectFrom("withdrawn_signing_keys")
    .select("id")
    .orderBy("withdrawn_at", "desc")
    .limit(internalLimits.withdrawnKeysMax)
    .execute();
  return {
    keys: rows.map(({ id, public_key }) => ({ kty: "OKP", crv: "Ed25519", x: public_key, kid: id })),
    withdrawn: withdrawn.map(({ id }) => id),
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

/** The oldest where none has begun: clocks of processes differ, and one that replaces all others begins at once. */
const newestAt = (rows: readonly SigningKeyRow[], nowMs: number): SigningKeyRow | undefined =>
  rows.findLast((row) => row.signs_from.getTime() <= nowMs) ?? rows[0];

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

export const signingKeyContext = (id: string): string => `signing key ${id}`;

const toSigner = (privateKey: KeyObject): TokenSigner => ({
  privateKey,
  keyId: machineFingerprint(rawPublicKey(createPublicKey(privateKey))),
});

const openRow = (row: SigningKeyRow, sealer: Sealer, first: TokenSigner): TokenSigner | undefined => {
  if (row.id === first.keyId) return first;
  const pem = sealer.open(row.sealed_private_key, signingKeyContext(row.id));
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
      sealed_private_key: key.sealer.seal(toPem(key.privateKey), signingKeyContext(signer.keyId)),
      created_at: key.createdAt,
      signs_from: key.signsFrom,
    })
    .onConflict((conflict) => conflict.column("number").doNothing())
    .returningAll()
    .executeTakeFirst();
};
