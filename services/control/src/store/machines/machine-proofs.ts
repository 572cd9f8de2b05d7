// Proofs of machines' keys: what they signed, and that each challenge counts once.
import { type ControlProofPurpose, isControlProof } from "@cmdop/authority";
import { type Clock, Failure } from "@cmdop/base";
import type { Challenges } from "../../ports.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

export interface MachineProof {
  readonly publicKey: string;
  readonly nonce: string;
  readonly signature: string;
}

const unproven = (text: string): Failure => new Failure("identity_unproven", text);

/** Before the transaction: the signature holds, over a challenge of ours. */
export const verifyMachineProof = (
  { challenges, clock }: { readonly challenges: Challenges; readonly clock: Clock },
  proof: MachineProof,
  purpose: ControlProofPurpose,
  parts: readonly string[],
): { readonly nonceExpiresAt: Date } => {
  const challenge = challenges.check(proof.nonce, clock.wallMs());
  if (!challenge) throw unproven("The challenge is not of this server, or is too old: ask for a new one.");
  const isProven = isControlProof({
    purpose,
    nonce: proof.nonce,
    parts,
    publicKey: Buffer.from(proof.publicKey, "base64url"),
    signature: Buffer.from(proof.signature, "base64url"),
  });
  if (!isProven) throw unproven("The signature is not of this key over this request.");
  return { nonceExpiresAt: challenge.expiresAt };
};

/** In the transaction: of many who answer one challenge, one does. */
export const spendChallenge = async (tx: WriteTransaction, nonce: string, expiresAt: Date): Promise<void> => {
  await tx.db.deleteFrom("spent_challenges").where("expires_at", "<", tx.now).execute();
  const spent = await tx.db
    .insertInto("spent_challenges")
    .values({ id: `machine:${nonce}`, expires_at: expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
  if (!spent) throw unproven("The challenge was answered already: ask for a new one.");
};
