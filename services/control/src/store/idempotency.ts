// A request that may come again is done once. Its key is inserted first: a second request with it waits for the first
// one's transaction, then gets what that one answered.
import { createHmac } from "node:crypto";
import { Failure } from "@cmdop/base";
import type { Reader, Writer } from "./schema.ts";

export interface StoredAnswer {
  readonly status: number;
  readonly body?: unknown;
}

export interface IdempotentRequest {
  readonly principalId: string;
  readonly key: string;
  readonly requestHash: Buffer;
}

/** Tells two requests apart. */
export type RequestDigest = (request: string) => Buffer;

/** With a key that is not in the database: a request may hold a password, and a plain hash of one can be guessed. */
export const createRequestDigest =
  (key: Uint8Array): RequestDigest =>
  (request) =>
    createHmac("sha256", key).update("idempotent request\0").update(request).digest();

export type IdempotencyClaim =
  | { readonly kind: "claimed"; readonly request: IdempotentRequest }
  | { readonly kind: "replay"; readonly answer: StoredAnswer };

/** How long an answer is kept for a repetition. */
export const idempotencyKeepMs = 24 * 3_600_000;

export const claimIdempotencyKey = async (
  db: Writer,
  request: IdempotentRequest,
  now: Date,
): Promise<IdempotencyClaim> => {
  const { principalId, key, requestHash } = request;
  const inserted = await db
    .insertInto("idempotency_keys")
    .values({ principal_id: principalId, key, request_hash: requestHash, status: null, created_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .returning("key")
    .executeTakeFirst();
  if (inserted) return { kind: "claimed", request };
  const answer = await answeredBefore(db, request);
  if (!answer) throw notOver();
  return { kind: "replay", answer };
};

/** What the first request with this key was answered; undefined: there was none. */
export const answeredBefore = async (
  db: Reader,
  { principalId, key, requestHash }: IdempotentRequest,
): Promise<StoredAnswer | undefined> => {
  const earlier = await db
    .selectFrom("idempotency_keys")
    .selectAll()
    .where("principal_id", "=", principalId)
    .where("key", "=", key)
    .executeTakeFirst();
  if (!earlier) return undefined;
  if (earlier.status === null) throw notOver();
  if (!earlier.request_hash.equals(requestHash)) throw new Failure("idempotency_key_reused");
  if (earlier.has_secret) {
    throw new Failure("secret_not_recoverable", undefined, { details: { record: earlier.body } });
  }
  return earlier.body === null ? { status: earlier.status } : { status: earlier.status, body: earlier.body };
};

const notOver = (): Failure =>
  new Failure("unavailable", "The first request with this Idempotency-Key is not over: try again.");

export const storeAnswer = async (
  db: Writer,
  claim: IdempotencyClaim,
  { status, body }: StoredAnswer,
  hasSecret: boolean | "everything",
): Promise<void> => {
  if (claim.kind === "replay") return;
  const kept = hasSecret === "everything" ? undefined : hasSecret ? withoutSecret(body) : body;
  await db
    .updateTable("idempotency_keys")
    .set({ status, body: kept === undefined ? null : JSON.stringify(kept), has_secret: hasSecret !== false })
    .where("principal_id", "=", claim.request.principalId)
    .where("key", "=", claim.request.key)
    .execute();
};

/** An answer with a secret is `{ …record, secret }`: everything but the secret is kept. */
const withoutSecret = (body: unknown): unknown => {
  if (typeof body !== "object" || body === null) return undefined;
  const { secret: _secret, ...record } = body as Record<string, unknown>;
  return record;
};

/** Removes what is older than a repetition may be. */
export const purgeIdempotencyKeys = (db: Writer, now: Date): Promise<unknown> =>
  db
    .deleteFrom("idempotency_keys")
    .where("created_at", "<", new Date(now.getTime() - idempotencyKeepMs))
    .execute();
