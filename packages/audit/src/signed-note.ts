// Signed notes (https://c2sp.org/signed-note): text, a blank line, and signature lines "— <name> <base64>".
// Two kinds of signatures are known: Ed25519 over the text (type 1), and the timestamped cosignature of a witness
// (type 4, https://c2sp.org/tlog-cosignature). A line of an unknown key is skipped, as the note format demands.
import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { Failure } from "@cmdop/base";
import { noteCharsMax, noteSignaturesMax } from "./limits.ts";

/** 1: the log's own signature; 4: a witness's cosignature with its time. */
export type SignatureType = 1 | 4;

/** A public key that is trusted under a name. */
export interface NoteVerifier {
  readonly name: string;
  readonly type: SignatureType;
  /** The first four bytes of SHA-256(name ‖ LF ‖ type ‖ key), in hexadecimal. */
  readonly keyId: string;
  readonly publicKey: KeyObject;
}

/** A private key and the name it signs under. */
export interface NoteSigner {
  readonly name: string;
  readonly privateKey: KeyObject;
}

interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  /** What follows the key id. */
  readonly bytes: Buffer;
}

export interface SignedNote {
  /** The signed text, its last newline included. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface VerifiedSignature {
  readonly name: string;
  readonly keyId: string;
  readonly type: SignatureType;
  /** When a witness cosigned, in seconds of the epoch; undefined for type 1. */
  readonly atSeconds: number | undefined;
}

const malformed = (what: string): Failure =>
  new Failure("invalid_argument", `Malformed signed note: ${what}.`);

const isName = (name: string): boolean => /^[^\s+\p{Zs}]+$/u.test(name) && name.isWellFormed();

const toRaw = (key: KeyObject): Buffer => {
  if (key.asymmetricKeyType !== "ed25519") {
    throw new Failure("invalid_argument", "Signed notes take Ed25519 keys.");
  }
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
};

const keyIdOf = (name: string, type: SignatureType, raw: Uint8Array): string =>
  createHash("sha256").update(name).update(Uint8Array.of(0x0a, type)).update(raw).digest("hex").slice(0, 8);

/** The verifier of an Ed25519 key (a private one gives its public half). */
export const createNoteVerifier = (name: string, key: KeyObject, type: SignatureType = 1): NoteVerifier => {
  if (!isName(name)) {
    throw new Failure("invalid_argument", "The name of a note's key has no spaces and no plus sign.");
  }
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return { name, type, keyId: keyIdOf(name, type, toRaw(key)), publicKey };
};

/** The one-line form of a verifier, `name+keyid+base64`, as in c2sp.org/signed-note and Go's sumdb/note. */
export const formatVerifierKey = ({ name, type, keyId, publicKey }: NoteVerifier): string =>
  `${name}+${keyId}+${Buffer.concat([Uint8Array.of(type), toRaw(publicKey)]).toString("base64")}`;

/** Reads `formatVerifierKey`'s form. Throws `Failure("invalid_argument")`, also when the key id does not fit. */
export const parseVerifierKey = (text: string): NoteVerifier => {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44}={0,2})$/.exec(text.trim());
  const bytes = Buffer.from(match?.[3] ?? "", "base64");
  const type = bytes[0];
  if (match === null || bytes.length !== 33 || (type !== 1 && type !== 4)) {
    throw new Failure("invalid_argument", "A verifier key reads name+keyid+base64, with an Ed25519 key.");
  }
  const x = bytes.subarray(1).toString("base64url");
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const verifier = createNoteVerifier(match[1] ?? "", publicKey, type);
  if (verifier.keyId !== match[2]) {
    throw new Failure("invalid_argument", "The key id of the verifier key does not fit its key.");
  }
  return verifier;
};

const signatureLine = (name: string, keyId: string, bytes: Uint8Array): string =>
  `\u2014 ${name} ${Buffer.concat([Buffer.from(keyId, "hex"), bytes]).toString("base64")}\n`;

const assertText = (text: string): void => {
  if (!text.endsWith("\n")) throw malformed("the text does not end in a newline");
  if (!text.isWellFormed() || /[\u0000-\u0009\u000b-\u001f]/.test(text)) {
    throw malformed("it holds control characters or is no Unicode");
  }
};

/** A note over `text`, signed with type 1. */
export const signNote = (text: string, signer: NoteSigner): string => {
  assertText(text);
  const { name, keyId } = createNoteVerifier(signer.name, signer.privateKey);
  return `${text}\n${signatureLine(name, keyId, sign(null, Buffer.from(text), signer.privateKey))}`;
};

const cosigned = (text: string, atSeconds: bigint): Buffer =>
  Buffer.from(`cosignature/v1\ntime ${atSeconds}\n${text}`);

/** The same note with a witness's cosignature (type 4) at its end. */
export const cosignNote = (note: string, signer: NoteSigner, atSeconds: number): string => {
  const { text } = parseNote(note);
  const { name, keyId } = createNoteVerifier(signer.name, signer.privateKey, 4);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(atSeconds));
  const signature = sign(null, cosigned(text, BigInt(atSeconds)), signer.privateKey);
  return `${note}${signatureLine(name, keyId, Buffer.concat([time, signature]))}`;
};

/** Reads a note's form; says nothing about its signatures. Throws `Failure("invalid_argument")`. */
export const parseNote = (note: string): SignedNote => {
  if (note.length > noteCharsMax) throw malformed(`it is longer than ${noteCharsMax} characters`);
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) throw malformed("it has no signature lines");
  const text = note.slice(0, end + 1);
  assertText(text);
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > noteSignaturesMax) throw malformed(`it has more than ${noteSignaturesMax} signatures`);
  const signatures = lines.map((line) => {
    const match = /^\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    const bytes = Buffer.from(match?.[2] ?? "", "base64");
    const name = match?.[1] ?? "";
    if (!isName(name) || bytes.length < 5 || bytes.toString("base64") !== match?.[2]) {
      throw malformed("a signature line cannot be read");
    }
    return { name, keyId: bytes.toString("hex", 0, 4), bytes: bytes.subarray(4) };
  });
  return { text, signatures };
};

const verifyOne = (
  text: string,
  signature: NoteSignature,
  by: NoteVerifier,
): VerifiedSignature | undefined => {
  const { name, keyId, type, publicKey } = by;
  if (type === 1) {
    const isValid =
      signature.bytes.length === 64 && verify(null, Buffer.from(text), publicKey, signature.bytes);
    return isValid ? { name, keyId, type, atSeconds: undefined } : undefined;
  }
  if (signature.bytes.length !== 72) return undefined;
  const at = signature.bytes.readBigUInt64BE();
  const isValid = verify(null, cosigned(text, at), publicKey, signature.bytes.subarray(8));
  return isValid && at <= BigInt(Number.MAX_SAFE_INTEGER)
    ? { name, keyId, type, atSeconds: Number(at) }
    : undefined;
};

/**
 * The signatures that known keys made. Undefined when a known key's signature does not verify (then the note must
 * be refused whole) or when no known key signed it.
 */
export const verifyNote = (
  { text, signatures }: SignedNote,
  verifiers: readonly NoteVerifier[],
): readonly VerifiedSignature[] | undefined => {
  const verified: VerifiedSignature[] = [];
  for (const signature of signatures) {
    const by = verifiers.find(({ name, keyId }) => name === signature.name && keyId === signature.keyId);
    if (by === undefined) continue;
    const found = verifyOne(text, signature, by);
    if (found === undefined) return undefined;
    verified.push(found);
  }
  return verified.length === 0 ? undefined : verified;
};
