// The export of a log, NDJSON: one line per entry, and between them the signed checkpoints.
//
//   {"start":{"frontier":[…],"hash":"…","seq":N}}     only first, when the entries up to N were archived
//   {"action":…,…,"seq":N+1,…,"hash":"<64 hex>"}      the canonical text of the entry, with its hash as last member
//   {"checkpoint":"origin\nsize\nroot\n\n— …\n"}      after the entry that it counts to
//
// I1 A line without its last `,"hash":"…"` is the very text that was hashed: no parser is needed to check it.
import { Failure } from "@cmdop/base";
import { canonicalJson, isCanonicalText } from "./canonical-json.ts";
import { type AuditHead, parseHead } from "./chain.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import type { AuditEntry } from "./entry.ts";
import { type Hash, isHash } from "./sha256.ts";

/** An entry with the hash that is stored beside it. */
export interface HashedEntry {
  readonly entry: AuditEntry;
  readonly hash: Hash;
}

export type ExportLine =
  | { readonly kind: "entry"; readonly seq: number; readonly canonical: string; readonly hash: Hash }
  | { readonly kind: "checkpoint"; readonly note: string }
  | { readonly kind: "start"; readonly head: AuditHead };

/** `,"hash":"` + 64 + `"}` */
const tailChars = 75;

export const formatCanonicalEntryLine = (canonical: string, hash: Hash): string =>
  `${canonical.slice(0, -1)},"hash":"${hash}"}`;

/** The line of an entry, without a newline. */
export const formatEntryLine = ({ entry, hash }: HashedEntry): string =>
  formatCanonicalEntryLine(canonicalJson(entry), hash);

/** The line of a checkpoint, without a newline. It belongs after the entry whose number is its size. */
export const formatCheckpointLine = (note: string): string => canonicalJson({ checkpoint: note });

/** The first line of an export that does not begin with entry 1, without a newline. */
export const formatStartLine = (head: AuditHead): string => canonicalJson({ start: head });

const isSeq = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;

/**
 * Reads a line. Throws `Failure("invalid_argument")` for what is none of the three, and for an entry that does not
 * stand in its canonical form: a second reading of the same text (a name given twice) would be possible.
 */
export const parseExportLine = (line: string): ExportLine => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new Failure("invalid_argument", "The line is no JSON.", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Failure("invalid_argument", "The line is no object.");
  }
  const { hash, ...entry } = value as Readonly<Record<string, unknown>>;
  if (isSeq(entry.seq) && isHash(hash)) {
    const canonical = `${line.slice(0, -tailChars)}}`;
    const isEntry = line.endsWith(`,"hash":"${hash}"}`) && isCanonicalText(canonical, entry);
    if (!isEntry) {
      throw new Failure("invalid_argument", "The entry is not in its canonical form.");
    }
    return { kind: "entry", seq: entry.seq, canonical, hash };
  }
  if (canonicalJson(value) !== line)
    throw new Failure("invalid_argument", "The line is not in its canonical form.");
  if (typeof entry.checkpoint === "string") {
    parseCheckpoint(entry.checkpoint);
    return { kind: "checkpoint", note: entry.checkpoint };
  }
  if ("start" in entry) return { kind: "start", head: parseHead(entry.start) };
  throw new Failure("invalid_argument", "The line is neither an entry nor a checkpoint.");
};
