import { createHash, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

// A fingerprint is "sha256:" and 43 base64url characters. It names a key; it is no secret.

const pattern = /^sha256:[A-Za-z0-9_-]{43}$/;

export const isFingerprint = (text: string): boolean => pattern.test(text);

const toFingerprint = (bytes: Uint8Array): string =>
  `sha256:${createHash("sha256").update(bytes).digest("base64url")}`;

/** The fingerprint of a machine: SHA-256 over its raw 32-byte Ed25519 public key. */
export const machineFingerprint = (publicKey: Uint8Array): string => toFingerprint(publicKey);

/** What clients pin: SHA-256 over the DER of the certificate's SubjectPublicKeyInfo (as in RFC 7469). */
export const certificatePin = (certificate: X509Certificate | string): string => {
  const parsed = typeof certificate === "string" ? new X509Certificate(certificate) : certificate;
  return toFingerprint(parsed.publicKey.export({ type: "spki", format: "der" }));
};

const ed25519SpkiPrefix = Buffer.from("302a300506032b6570032100", "hex");

/** The raw 32 bytes of an Ed25519 public key. */
export const rawPublicKey = (key: KeyObject): Uint8Array => {
  const der = (key.type === "private" ? createPublicKey(key) : key).export({ type: "spki", format: "der" });
  return new Uint8Array(der.subarray(ed25519SpkiPrefix.length));
};

/** An Ed25519 public key from its raw 32 bytes (RFC 8410's SubjectPublicKeyInfo around them). */
export const fromRawPublicKey = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([ed25519SpkiPrefix, raw]), format: "der", type: "spki" });
