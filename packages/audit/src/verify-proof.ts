// A proof in a file of its own, as the API answers it: that one entry is in the log that was signed, or that the log of
// now continues a checkpoint that was kept. Whoever gets one needs the log's key from elsewhere: the key in the file is
// the word of whoever gave the file.
import { Failure } from "@cmdop/base";
import type { AuditProblemKind, AuditReport } from "./audit-report.ts";
import { canonicalJson } from "./canonical-json.ts";
import { hashCanonical } from "./chain.ts";
import { type Checkpoint, type CheckpointTrust, checkCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { verifyConsistency, verifyInclusion } from "./merkle-proofs.ts";
import { leafHash } from "./merkle-tree.ts";
import { type Hash, isHash } from "./sha256.ts";

export interface EntryProof {
  readonly kind: "entry";
  readonly seq: number;
  /** The entry with everything that was hashed. */
  readonly entry: Readonly<Record<string, unknown>>;
  readonly hash: Hash;
  readonly previousHash: Hash;
  readonly proof: readonly Hash[];
  readonly checkpoint: string;
}

export interface ConsistencyProof {
  readonly kind: "consistency";
  readonly proof: readonly Hash[];
  readonly checkpoint: string;
}

export type AuditProof = EntryProof | ConsistencyProof;

export interface ProofReport {
  /** As of a whole log: `unproved` is a proof that holds, of a checkpoint that no key vouches for. */
  readonly verdict: AuditReport["verdict"];
  readonly problems: readonly { readonly kind: AuditProblemKind; readonly text: string }[];
  readonly kind: AuditProof["kind"];
  /** Entries that the checkpoint of the proof covers. */
  readonly size: number;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isHashes = (value: unknown): value is Hash[] => Array.isArray(value) && value.every(isHash);

/** Undefined for what is no proof, as a line of an export. */
export const parseProof = (text: string): AuditProof | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { proof, checkpoint, entry, previousHash } = value;
  if (!isHashes(proof) || typeof checkpoint !== "string") return undefined;
  if (entry === undefined) return { kind: "consistency", proof, checkpoint };
  if (!isObject(entry) || !isHash(previousHash)) return undefined;
  const { hash, ...written } = entry;
  const { seq } = written;
  if (!isHash(hash) || !Number.isSafeInteger(seq)) return undefined;
  return { kind: "entry", seq: Number(seq), entry: written, hash, previousHash, proof, checkpoint };
};

type Finding = ProofReport["problems"][number];

/** The checkpoint, with what speaks against it; undefined where it cannot be read. */
const readCheckpoint = (
  note: string,
  trust: CheckpointTrust | undefined,
  problems: Finding[],
): Checkpoint | undefined => {
  const checked = trust && checkCheckpoint(note, trust);
  if (checked && checked.kind !== "valid") problems.push({ kind: "bad_signature", text: checked.text });
  try {
    return parseCheckpoint(note);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    if (!checked) problems.push({ kind: "malformed_line", text: cause.message });
    return undefined;
  }
};

const report = (
  kind: AuditProof["kind"],
  size: number,
  problems: readonly Finding[],
  trust: CheckpointTrust | undefined,
): ProofReport => ({
  verdict: problems.length > 0 ? "tampered" : trust ? "intact" : "unproved",
  problems,
  kind,
  size,
});

/** That the entry is what was written, and is in the log that its checkpoint is of. */
export const verifyEntryProof = (proof: EntryProof, trust?: CheckpointTrust): ProofReport => {
  const { seq, entry, hash, previousHash } = proof;
  const problems: Finding[] = [];
  const checkpoint = readCheckpoint(proof.checkpoint, trust, problems);
  const size = checkpoint?.size ?? 0;
  if (hashCanonical(previousHash, canonicalJson(entry)) !== hash) {
    const text = `Entry ${seq} is not what was written: its hash does not fit.`;
    problems.push({ kind: "entry_altered", text });
  }
  if (checkpoint) {
    const claim = { index: seq - 1, size, leaf: leafHash(hash), root: checkpoint.root, proof: proof.proof };
    if (!verifyInclusion(claim)) {
      problems.push({ kind: "rewritten", text: `Entry ${seq} is not in the log that was signed.` });
    }
  }
  return report("entry", size, problems, trust);
};

const breakBetween = (before: Checkpoint, now: Checkpoint, proof: readonly Hash[]): Finding | undefined => {
  if (now.size < before.size) {
    const text =
      `The proof is of ${now.size} entries, and ${before.size} were kept: entries were taken away, or the proof is ` +
      "older than what was kept.";
    return { kind: "rolled_back", text };
  }
  const claim = { oldSize: before.size, oldRoot: before.root, newSize: now.size, newRoot: now.root, proof };
  if (verifyConsistency(claim)) return undefined;
  return { kind: "forked", text: `The log does not continue the ${before.size} entries that were kept.` };
};

/** That the log continues `kept`: entries were added, and none was changed or taken away. */
export const verifyConsistencyProof = (
  { proof, checkpoint: note }: ConsistencyProof,
  kept: string,
  trust?: CheckpointTrust,
): ProofReport => {
  const problems: Finding[] = [];
  const before = readCheckpoint(kept, trust, problems);
  const now = readCheckpoint(note, trust, problems);
  const found = before && now && breakBetween(before, now, proof);
  if (found) problems.push(found);
  return report("consistency", now?.size ?? 0, problems, trust);
};
