// What a sign-in of several steps carries from one to the next: sealed, held by whoever signs in, good once. Nothing
// is stored for somebody who never comes back.
import { type Clock, Failure, newId, type Random } from "@cmdop/base";
import { z } from "zod";
import type { Sealer } from "../../ports.ts";
import type { Reader } from "../schema.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

export type ChallengeKind =
  | "second_factor"
  | "totp_enrolment"
  | "passkey_registration"
  | "passkey_sign_in"
  | "oidc";

const envelope = z.object({ id: z.string(), expiresAtMs: z.number(), data: z.unknown() });

export interface OpenedChallenge<Data> {
  readonly id: string;
  readonly expiresAtMs: number;
  readonly data: Data;
}

export interface Sealing {
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
}

const contextOf = (kind: ChallengeKind): string => `challenge:${kind}`;

export const sealChallenge = (
  { sealer, clock, random }: Sealing,
  kind: ChallengeKind,
  data: unknown,
  validMs: number,
): string => {
  const id = newId("chl", random);
  return sealer.seal(JSON.stringify({ id, expiresAtMs: clock.wallMs() + validMs, data }), contextOf(kind));
};

/** `gone` for one of another kind, one that was changed, or one that has run out. */
export const openChallenge = <Data>(
  { sealer, clock }: Sealing,
  kind: ChallengeKind,
  sealed: string,
  schema: z.ZodType<Data>,
): OpenedChallenge<Data> => {
  const text = sealer.open(sealed, contextOf(kind));
  if (text === undefined) throw spent();
  const { id, expiresAtMs, data } = envelope.parse(JSON.parse(text));
  if (expiresAtMs <= clock.wallMs()) throw spent();
  return { id, expiresAtMs, data: schema.parse(data) };
};

/** Uses it up: of many at once one goes on. */
export const spendChallenge = async (
  tx: WriteTransaction,
  { id, expiresAtMs }: OpenedChallenge<unknown>,
): Promise<void> => {
  await tx.db.deleteFrom("spent_challenges").where("expires_at", "<", tx.now).execute();
  const inserted = await tx.db
    .insertInto("spent_challenges")
    .values({ id, expires_at: new Date(expiresAtMs) })
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
  if (!inserted) throw spent();
};

/** For what fails after another has used the challenge: that is why, whatever else it looks like. */
export const refuseSpentChallenge = async (db: Reader, { id }: OpenedChallenge<unknown>): Promise<void> => {
  const found = await db.selectFrom("spent_challenges").select("id").where("id", "=", id).executeTakeFirst();
  if (found) throw spent();
};

const spent = (): Failure => new Failure("gone", "This sign-in has run out or was done: begin anew.");
