import { type KeyObject, sign, verify } from "node:crypto";
import { fromRawPublicKey } from "./fingerprint.ts";

// The proof that a machine holds its key, as in proto/cmdop/live/v1/agent.proto: Ed25519 over
// "cmdop-link-v1" || 0 || relay id || 0 || nonce. The relay id keeps a proof from being passed on to another relay.

const publicKeyBytes = 32;
const signatureBytes = 64;
const nonceBytes = 32;

const signedBytes = (relayId: string, nonce: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`cmdop-link-v1\0${relayId}\0`, "utf8"), nonce]);

export const signLinkProof = (privateKey: KeyObject, relayId: string, nonce: Uint8Array): Uint8Array =>
  new Uint8Array(sign(null, signedBytes(relayId, nonce), privateKey));

export const isLinkProof = (proof: {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly relayId: string;
  readonly nonce: Uint8Array;
}): boolean => {
  if (proof.publicKey.length !== publicKeyBytes || proof.signature.length !== signatureBytes) return false;
  if (proof.nonce.length !== nonceBytes) return false;
  try {
    const key = fromRawPublicKey(proof.publicKey);
    return verify(null, signedBytes(proof.relayId, proof.nonce), key, proof.signature);
  } catch {
    return false;
  }
};
