import { type KeyObject, sign, verify } from "node:crypto";
import { fromRawPublicKey } from "./fingerprint.ts";

// The proof that a machine holds its key, for the control plane: Ed25519 over
// "cmdop-control-v1" || 0 || purpose || 0 || nonce || (0 || part)*. The nonce is the control plane's; the parts are what
// the request says and must not be changed on the way. None of them holds a NUL.

export type ControlProofPurpose = "join" | "token" | "rotation";

export interface ControlProofText {
  readonly purpose: ControlProofPurpose;
  readonly nonce: string;
  readonly parts: readonly string[];
}

const publicKeyBytes = 32;
const signatureBytes = 64;

const signedBytes = ({ purpose, nonce, parts }: ControlProofText): Buffer =>
  Buffer.from(["cmdop-control-v1", purpose, nonce, ...parts].join("\0"), "utf8");

export const signControlProof = (privateKey: KeyObject, text: ControlProofText): Uint8Array =>
  new Uint8Array(sign(null, signedBytes(text), privateKey));

export const isControlProof = (
  proof: ControlProofText & { readonly publicKey: Uint8Array; readonly signature: Uint8Array },
): boolean => {
  if (proof.publicKey.length !== publicKeyBytes || proof.signature.length !== signatureBytes) return false;
  if ([proof.nonce, ...proof.parts].some((part) => part.includes("\0"))) return false;
  try {
    return verify(null, signedBytes(proof), fromRawPublicKey(proof.publicKey), proof.signature);
  } catch {
    return false;
  }
};
