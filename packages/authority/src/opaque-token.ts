import { createHash, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";
import { type Random, randomBase62 } from "@cmdop/base";

// Opaque tokens of the control plane: `cmdop_<kind>_<id><secret><crc>`, all base62: an id of 10 characters (59 bits,
// public, what the row is found by), a secret of 32 (190 bits), and the CRC-32 (as in gzip) of everything before it
// in 6. Whoever mistypes one, or makes one up, is told so without a call.
//
// Stored and compared is the SHA-256 of the whole token. It needs no salt and no slow hash: what it hides is random.

/** Browser session, CLI login, API key, service key, join token, device code, and the credential of a relay or router. */
export const opaqueTokenKinds = ["ses", "cli", "api", "svc", "jon", "dvc", "edg"] as const;
export type OpaqueTokenKind = (typeof opaqueTokenKinds)[number];

export interface OpaqueToken {
  readonly kind: OpaqueTokenKind;
  /** Public: it may stand in lists, logs and metrics' neighbours. */
  readonly id: string;
}

export interface MintedOpaqueToken extends OpaqueToken {
  /** The secret text. Shown once. */
  readonly token: string;
  /** What is stored in place of it. */
  readonly hash: Buffer;
  readonly fingerprint: string;
}

const idChars = 10;
const secretChars = 32;
const checkChars = 6;
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const pattern = new RegExp(
  `^cmdop_(${opaqueTokenKinds.join("|")})_([0-9A-Za-z]{${idChars}})[0-9A-Za-z]{${secretChars + checkChars}}$`,
);

/** 62^6 is more than 2^32: six characters hold every CRC, and each CRC has one form. */
const checkOf = (text: string): string => {
  let rest = crc32(text);
  let check = "";
  for (let place = 0; place < checkChars; place += 1) {
    check = alphabet.charAt(rest % 62) + check;
    rest = Math.floor(rest / 62);
  }
  return check;
};

export const mintOpaqueToken = (kind: OpaqueTokenKind, random?: Random): MintedOpaqueToken => {
  const id = randomBase62(idChars, random);
  const body = `cmdop_${kind}_${id}${randomBase62(secretChars, random)}`;
  const token = body + checkOf(body);
  const hash = hashOpaqueToken(token);
  return { token, kind, id, hash, fingerprint: tokenFingerprint(hash) };
};

/** Kind and id; undefined when the text is no token or its checksum is wrong. Says nothing about its being valid. */
export const parseOpaqueToken = (text: string): OpaqueToken | undefined => {
  const match = pattern.exec(text);
  const kind = opaqueTokenKinds.find((candidate) => candidate === match?.[1]);
  const id = match?.[2];
  if (kind === undefined || id === undefined) return undefined;
  return checkOf(text.slice(0, -checkChars)) === text.slice(-checkChars) ? { kind, id } : undefined;
};

/** SHA-256 over the whole token. */
export const hashOpaqueToken = (token: string): Buffer => createHash("sha256").update(token).digest();

/** The first 16 hexadecimal digits of a token's hash: the one name by which lists, audit and logs call it. */
export const tokenFingerprint = (hash: Uint8Array): string =>
  Buffer.from(hash.subarray(0, 8)).toString("hex");

/** Whether two hashes are the same, in constant time. Hashes of other lengths never are. */
export const isSameTokenHash = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === 32 && b.length === 32 && timingSafeEqual(a, b);
