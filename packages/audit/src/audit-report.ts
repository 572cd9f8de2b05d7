// What a verification of the log says.
import type { AuditHead } from "./chain.ts";
import type { Hash } from "./sha256.ts";

export type AuditProblemKind =
  /** The line is not what an export writes. */
  | "malformed_line"
  /** The entry, or the hash beside it, is not what was written. */
  | "entry_altered"
  /** An entry is not there. */
  | "entry_missing"
  /** The entries of a whole sealed file are not there. */
  | "segment_missing"
  /** An entry stands where it does not belong, or twice. */
  | "entry_reordered"
  /** The chain is whole but is not the one that was signed: it was computed anew. */
  | "rewritten"
  /** The log ends before the size that its key signed. */
  | "tail_cut"
  /** A witness remembers more entries than there are: an older state was put back. */
  | "rolled_back"
  /** A witness remembers another log. */
  | "forked"
  /** A checkpoint that the log's key did not sign, or one of another log. */
  | "bad_signature";

export interface AuditProblem {
  readonly kind: AuditProblemKind;
  /** The entry it is about, or the size of the checkpoint; undefined when the line says neither. */
  readonly seq: number | undefined;
  /** The line of the input, from 1; undefined for what did not stand in it. */
  readonly line: number | undefined;
  readonly text: string;
}

export interface AuditReport {
  /**
   * `intact`: nothing found, and a signature covers entries. `unproved`: nothing found, but no signature says
   * that this is the log. `tampered`: see `problems`.
   */
  readonly verdict: "intact" | "unproved" | "tampered";
  readonly problems: readonly AuditProblem[];
  /** Whether reading stopped early: at `problemsMax`, or at what could not be read on. */
  readonly isCut: boolean;
  /** Entries that were read. */
  readonly entries: number;
  /** Number of the first entry that belongs to what was verified; above 1 when older ones were archived. */
  readonly fromSeq: number;
  /** Where the chain stands after the last of them; trustworthy only without problems. */
  readonly head: AuditHead;
  readonly root: Hash;
  /** The largest size that a valid checkpoint confirmed; entries beyond it are whole but not signed yet. */
  readonly signedSize: number;
  /** The largest size at which a witness agreed. */
  readonly witnessedSize: number;
  /** Checkpoints below the first entry that was read: they say nothing about this part. */
  readonly skippedCheckpoints: number;
}
