// Checkpoints (https://c2sp.org/tlog-checkpoint): a signed note that says origin, size and root of the log.
import { Failure } from "@cmdop/base";
import { type AuditHead, headRoot } from "./chain.ts";
import type { Hash } from "./sha256.ts";
import { type NoteSigner, type NoteVerifier, parseNote, signNote, verifyNote } from "./signed-note.ts";

/** What the log's key says: this log has this many entries, and this is the root of their tree. */
export interface Checkpoint {
  /** Names the log, as in `cmdop.example.com/audit`; also the name of its key. */
  readonly origin: string;
  /** Entries in the log; the number of the last one. */
  readonly size: number;
  readonly root: Hash;
}

/** Whose word is taken. */
export interface CheckpointTrust {
  readonly origin: string;
  /** Keys of the log: the current one and, around a rotation, the one before or after it. */
  readonly keys: readonly NoteVerifier[];
}

export interface CheckpointCheck extends CheckpointTrust {
  /** Witnesses whose cosignatures are looked for. */
  readonly witnesses?: readonly NoteVerifier[];
}

export type CheckedCheckpoint =
  | {
      readonly kind: "valid";
      readonly checkpoint: Checkpoint;
      readonly cosigned: readonly { readonly name: string; readonly atSeconds: number }[];
    }
  | { readonly kind: "malformed" | "bad_signature" | "other_origin"; readonly text: string };

const malformed = (what: string): Failure =>
  new Failure("invalid_argument", `Malformed checkpoint: ${what}.`);

/** Reads a checkpoint's form without its signatures. Throws `Failure("invalid_argument")`. */
export const parseCheckpoint = (note: string): Checkpoint => {
  const [origin = "", size = "", root = "", ...rest] = parseNote(note).text.split("\n");
  // The text ends in a newline, so the last piece is empty; extension lines in between are allowed and skipped.
  if (rest.pop() !== "" || rest.includes("") || origin === "")
    throw malformed("it takes three lines or more");
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw malformed("its size is no number");
  }
  const bytes = Buffer.from(root, "base64");
  if (bytes.length !== 32 || bytes.toString("base64") !== root) throw malformed("its root is no SHA-256");
  return { origin, size: Number(size), root: bytes.toString("hex") };
};

/** The text that is signed. */
export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${Buffer.from(root, "hex").toString("base64")}\n`;

/** The signed checkpoint of a head. The signer's name is the origin. */
export const signCheckpoint = (head: AuditHead, signer: NoteSigner): string =>
  signNote(checkpointText({ origin: signer.name, size: head.seq, root: headRoot(head) }), signer);

/**
 * A checkpoint is valid with the right origin and the signature of one of the log's keys. A signature line under
 * a known key that does not verify spoils the whole note, a witness's line too.
 */
export const checkCheckpoint = (note: string, check: CheckpointCheck): CheckedCheckpoint => {
  let checkpoint: Checkpoint;
  try {
    checkpoint = parseCheckpoint(note);
  } catch (cause) {
    if (cause instanceof Failure) return { kind: "malformed", text: cause.message };
    throw cause;
  }
  if (checkpoint.origin !== check.origin) {
    return { kind: "other_origin", text: "The checkpoint is of another log." };
  }
  const { keys, witnesses = [] } = check;
  const signed = verifyNote(parseNote(note), [...keys, ...witnesses]);
  const isKey = (keyId: string, name: string): boolean =>
    keys.some((key) => key.keyId === keyId && key.name === name);
  if (!signed?.some(({ keyId, name }) => isKey(keyId, name))) {
    return { kind: "bad_signature", text: "The checkpoint is not signed by the log's key." };
  }
  const cosigned = signed.flatMap(({ name, atSeconds }) =>
    atSeconds === undefined ? [] : [{ name, atSeconds }],
  );
  return { kind: "valid", checkpoint, cosigned };
};
