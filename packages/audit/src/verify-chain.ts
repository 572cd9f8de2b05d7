// Verifies a log as a stream: each entry against its hash, their order, the tree's root at every checkpoint, and
// all of it against what witnesses remember. What is wrong is named with its place; a consequence of something that
// was named already is not named again.
// I1 Memory does not grow with the log.
// I2 "intact" is said only of entries that a valid signature covers and in which nothing was found.
import { Failure } from "@cmdop/base";
import type { AuditProblem, AuditProblemKind, AuditReport } from "./audit-report.ts";
import { canonicalJson } from "./canonical-json.ts";
import { type AuditHead, emptyHead, hashCanonical, headFrontier } from "./chain.ts";
import { type Checkpoint, type CheckpointTrust, checkCheckpoint } from "./checkpoint.ts";
import { type ExportLine, type HashedEntry, parseExportLine } from "./export-lines.ts";
import { problemsMax } from "./limits.ts";
import { leafHash, TreeBuilder } from "./merkle-tree.ts";
import { type Hash, isHash } from "./sha256.ts";

export interface WitnessMemory {
  /** The witness's name, for the report. */
  readonly name: string;
  /** The checkpoint that it remembers. */
  readonly checkpoint: string;
}

export interface VerifyOptions {
  /** The log's origin and keys. Without it no signature counts, and the best verdict is `unproved`. */
  readonly trust?: CheckpointTrust;
  /** Checkpoints from elsewhere than the export. */
  readonly checkpoints?: readonly string[];
  readonly witnesses?: readonly WitnessMemory[];
  /** The head after the archived part, when the first entry is not number 1. */
  readonly start?: AuditHead;
  /** It must begin with entry 1: archived entries are part of what is given. */
  readonly isWhole?: boolean;
}

interface Expectation {
  readonly checkpoint: Checkpoint;
  /** Undefined for a checkpoint of the log itself. */
  readonly witness: string | undefined;
  readonly line: number | undefined;
}

class Verification {
  readonly #problems: AuditProblem[] = [];
  readonly #trust: CheckpointTrust | undefined;
  readonly #isWhole: boolean;
  /** Sorted by size; those that the stream has not reached yet. */
  #ahead: Expectation[] = [];
  /** Ranges [from, to] that were jumped over, with the line where it showed. */
  #missing: { from: number; to: number; line: number }[] = [];
  #tree: TreeBuilder;
  #seq: number;
  #hash: Hash;
  /** The other hash that the next entry may follow: what the last entry should have had. */
  #computed: Hash | undefined;
  #fromSeq: number;
  #line = 0;
  /** Lines since the last entry that could not be read: a hole of their number is explained. */
  #unreadable = 0;
  #isCut = false;
  #entries = 0;
  /** Whether something was found in the entries themselves; from there on roots say nothing new. */
  #isBroken = false;
  #signedSize = 0;
  #witnessedSize = 0;
  #skipped = 0;

  constructor({
    trust,
    checkpoints = [],
    witnesses = [],
    start = emptyHead,
    isWhole = false,
  }: VerifyOptions) {
    this.#trust = trust;
    this.#isWhole = isWhole;
    this.#tree = new TreeBuilder(headFrontier(start));
    this.#seq = start.seq;
    this.#hash = start.hash;
    this.#fromSeq = start.seq + 1;
    for (const note of checkpoints) this.#expect(note, undefined, undefined);
    for (const { name, checkpoint } of witnesses) this.#expect(checkpoint, name, undefined);
  }

  /** Whether enough was found. */
  get isFull(): boolean {
    return this.#problems.length + this.#missing.length >= problemsMax;
  }

  cut(): void {
    this.#isCut = true;
  }

  take(line: ExportLine): void {
    this.#line += 1;
    if (line.kind === "entry") this.#takeEntry(line.seq, line.canonical, line.hash);
    else if (line.kind === "checkpoint") this.#expect(line.note, undefined, this.#line);
    else this.#takeStart(line.head);
  }

  takeMalformed(text: string): void {
    this.#line += 1;
    this.#report("malformed_line", undefined, text);
    this.#isBroken = true;
    this.#unreadable += 1;
  }

  finish(): AuditReport {
    this.#settle();
    for (const { from, to, line } of this.#missing) {
      const text = from === to ? `Entry ${from} is missing.` : `Entries ${from} to ${to} are missing.`;
      this.#problems.push({ kind: "entry_missing", seq: from, line, text });
    }
    for (const { checkpoint, witness, line } of this.#isCut ? [] : this.#ahead) {
      const [kind, who] =
        witness === undefined
          ? (["tail_cut", "its key signed"] as const)
          : (["rolled_back", `the witness ${witness} remembers`] as const);
      const text = `The log ends at entry ${this.#seq}, but ${who} ${checkpoint.size}.`;
      this.#problems.push({ kind, seq: checkpoint.size, line, text });
    }
    const isProved = this.#signedSize > 0 || this.#witnessedSize > 0;
    return {
      verdict: this.#problems.length > 0 ? "tampered" : isProved ? "intact" : "unproved",
      problems: this.#problems.toSorted((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity)),
      isCut: this.#isCut,
      entries: this.#entries,
      fromSeq: this.#fromSeq,
      head: { seq: this.#seq, hash: this.#hash, frontier: this.#tree.frontier.hashes },
      root: this.#tree.root,
      signedSize: this.#signedSize,
      witnessedSize: this.#witnessedSize,
      skippedCheckpoints: this.#skipped,
    };
  }

  #report(kind: AuditProblemKind, seq: number | undefined, text: string, line?: number): void {
    this.#problems.push({ kind, seq, line: line ?? this.#line, text });
  }

  /**
   * Where a file begins: the first one, or the next of several. What lies between the end of one and the beginning of
   * the next is in a file that is not there.
   */
  #takeStart(head: AuditHead): void {
    this.#settle();
    if (this.#line === 1 && this.#seq === 0 && !this.#isWhole) {
      this.#jumpTo(head);
      this.#fromSeq = head.seq + 1;
      return;
    }
    // A start that was given from outside is the one that counts; the file may say the same and nothing else.
    const isSame =
      head.seq === this.#seq &&
      head.hash === this.#hash &&
      head.frontier.join() === this.#tree.frontier.hashes.join();
    if (isSame) return;
    const isFirst = this.#line === 1 && !this.#isWhole;
    if (head.seq > this.#seq && !isFirst) {
      const text = `Entries ${this.#seq + 1} to ${head.seq} are missing: the sealed file that holds them is not there.`;
      this.#report("segment_missing", this.#seq + 1, text);
      this.#jumpTo(head);
      return;
    }
    // After a file in which something was found, its end is not what the next one begins with.
    if (head.seq === this.#seq && this.#isBroken) {
      this.#jumpTo(head);
      return;
    }
    this.#report("malformed_line", head.seq, "The start of the log is not the one that was expected here.");
    this.#isBroken = true;
  }

  /** The next checkpoint says whether the head was the log's. */
  #jumpTo(head: AuditHead): void {
    this.#tree = new TreeBuilder(headFrontier(head));
    this.#seq = head.seq;
    this.#hash = head.hash;
    this.#computed = undefined;
    this.#unreadable = 0;
    this.#isBroken = false;
  }

  #takeEntry(seq: number, canonical: string, hash: Hash): void {
    this.#entries += 1;
    this.#settle();
    if (seq <= this.#seq) {
      this.#takeLate(seq);
      return;
    }
    const isNext = seq === this.#seq + 1;
    if (isNext) {
      this.#takeNext(seq, canonical, hash);
    } else {
      const isExplained = seq - 1 - this.#seq <= this.#unreadable;
      if (!isExplained) this.#missing.push({ from: this.#seq + 1, to: seq - 1, line: this.#line });
      this.#isBroken = true;
      this.#computed = undefined;
    }
    this.#unreadable = 0;
    this.#tree.append(leafHash(hash));
    this.#seq = seq;
    this.#hash = hash;
  }

  #takeNext(seq: number, canonical: string, hash: Hash): void {
    const computed = hashCanonical(this.#hash, canonical);
    if (computed === hash) {
      this.#computed = undefined;
      return;
    }
    // When only the hash beside the last entry was changed, this one follows what it should have been.
    const follows = this.#computed !== undefined && hashCanonical(this.#computed, canonical) === hash;
    this.#computed = follows ? undefined : computed;
    if (follows) return;
    this.#isBroken = true;
    this.#report("entry_altered", seq, `Entry ${seq} is not what was written: its hash does not fit.`);
  }

  #takeLate(seq: number): void {
    this.#isBroken = true;
    this.#report(
      "entry_reordered",
      seq,
      `Entry ${seq} stands after entry ${this.#seq}, or stands there twice.`,
    );
    const hole = this.#missing.findIndex(({ from, to }) => from <= seq && seq <= to);
    const found = this.#missing[hole];
    if (found === undefined) return;
    const { from, to, line } = found;
    const parts = [
      { from, to: seq - 1, line },
      { from: seq + 1, to, line },
    ].filter((part) => part.from <= part.to);
    this.#missing.splice(hole, 1, ...parts);
  }

  #expect(note: string, witness: string | undefined, line: number | undefined): void {
    if (this.#trust === undefined) return;
    const checked = checkCheckpoint(note, this.#trust);
    if (checked.kind !== "valid") {
      const who = witness === undefined ? "" : ` Remembered by the witness ${witness}.`;
      this.#problems.push({ kind: "bad_signature", seq: undefined, line, text: `${checked.text}${who}` });
      return;
    }
    const { checkpoint } = checked;
    if (line !== undefined && checkpoint.size < this.#seq) {
      this.#report(
        "malformed_line",
        checkpoint.size,
        "The checkpoint does not stand after the entry it counts to.",
      );
      return;
    }
    this.#ahead.push({ checkpoint, witness, line });
    this.#ahead.sort((a, b) => a.checkpoint.size - b.checkpoint.size);
  }

  /** Compares the root with the checkpoints of this size, before another entry changes it. */
  #settle(): void {
    for (;;) {
      const next = this.#ahead[0];
      if (next === undefined || next.checkpoint.size > this.#seq) return;
      this.#ahead.shift();
      const { checkpoint, witness, line } = next;
      if (checkpoint.size < this.#seq) this.#skipped += 1;
      else if (this.#tree.size === checkpoint.size && this.#tree.root === checkpoint.root)
        this.#confirm(next);
      else if (!this.#isBroken) this.#refuse(checkpoint.size, witness, line);
    }
  }

  #confirm({ checkpoint, witness }: Expectation): void {
    if (witness === undefined) this.#signedSize = Math.max(this.#signedSize, checkpoint.size);
    else this.#witnessedSize = Math.max(this.#witnessedSize, checkpoint.size);
  }

  #refuse(size: number, witness: string | undefined, line: number | undefined): void {
    const [kind, text] =
      witness === undefined
        ? (["rewritten", `The first ${size} entries are not the ones that were signed.`] as const)
        : (["forked", `The witness ${witness} remembers ${size} other entries.`] as const);
    this.#problems.push({ kind, seq: size, line, text });
  }
}

const toLine = (item: string | HashedEntry): ExportLine => {
  if (typeof item === "string") return parseExportLine(item);
  const { entry, hash } = item;
  if (!Number.isSafeInteger(entry.seq) || entry.seq < 1 || !isHash(hash)) {
    throw new Failure("invalid_argument", "The entry has no number or no hash.");
  }
  return { kind: "entry", seq: entry.seq, canonical: canonicalJson(entry), hash };
};

/**
 * Verifies entries (rows of the database) or the lines of an export, which may also hold its start and its
 * checkpoints. What is wrong is never thrown: `problems` names it and its place. A `Failure` of the iterable itself
 * (a line that is too long) ends the reading and counts as a malformed line; any other error is thrown on.
 */
export const verifyChain = async (
  items: AsyncIterable<string | HashedEntry> | Iterable<string | HashedEntry>,
  options: VerifyOptions = {},
): Promise<AuditReport> => {
  const verification = new Verification(options);
  const takeFailure = (cause: unknown): void => {
    if (!(cause instanceof Failure)) throw cause;
    verification.takeMalformed(cause.message);
  };
  try {
    for await (const item of items) {
      let line: ExportLine | undefined;
      try {
        line = toLine(item);
      } catch (cause) {
        takeFailure(cause);
      }
      if (line !== undefined) verification.take(line);
      if (verification.isFull) {
        verification.cut();
        break;
      }
    }
  } catch (cause) {
    takeFailure(cause);
    verification.cut();
  }
  return verification.finish();
};
