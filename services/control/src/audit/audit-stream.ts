// Streams the audit log into a file, beside the requests: a file that is full or away holds nothing up.
//
// F1 Where it stands is what the file ends with, and nothing else: after a crash no entry is missing and none is twice.
// F2 What does not follow what the file ends with is not written: another log, or an older database, is said instead.
import {
  type AuditHead,
  formatCanonicalEntryLine,
  formatCheckpointLine,
  formatStartLine,
  type Hash,
  hashCanonical,
  parseExportLine,
  readFrontier,
  zeroHash,
} from "@cmdop/audit";
import { type Clock, Failure } from "@cmdop/base";
import type { GrowingFile } from "../ports.ts";
import { type Repeated, repeat } from "../repeat.ts";
import { entriesAfter } from "../store/audit/audit-entries.ts";
import { auditHashes } from "../store/audit/audit-hashes.ts";
import { removedHead } from "../store/audit/audit-segments.ts";
import { readAuditHead } from "../store/audit/checkpoints.ts";
import type { UnitOfWork } from "../store/unit-of-work.ts";

export interface AuditStreamOptions {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly file: GrowingFile;
  /** From this size on the file is put aside at the next checkpoint, and at twice the size in any case. */
  readonly bytesMax: number;
  readonly failed: (cause: unknown) => void;
}

interface Position {
  readonly seq: number;
  readonly hash: Hash;
  /** Whether a checkpoint of this size is the last line. */
  readonly isSigned: boolean;
}

const lookEveryMs = 1_000;
const afterFailureMs = 30_000;
const entriesPerWrite = 1_000;

/** A pass writes what there is. */
export const openAuditStream = (options: AuditStreamOptions): Repeated<void> => {
  const { clock, file, failed } = options;
  let position: Position | undefined;
  const repeated = repeat({
    clock,
    everyMs: lookEveryMs,
    firstMs: 0,
    afterFailureMs,
    pass: async (signal) => {
      let at = position ?? endOf(await file.tail());
      // What was written before a failure is in the file: it says where it stands.
      position = undefined;
      while (!signal.aborted) {
        const next = await writeNext(options, at);
        if (!next) break;
        at = next;
      }
      position = at;
    },
    failed,
  });
  return {
    ...repeated,
    close: async () => {
      await repeated.close();
      await file.close();
    },
  };
};

/** From the last lines of a file, the newest first. */
const endOf = (lines: readonly string[]): Position => {
  let isSigned = false;
  for (const text of lines) {
    const line = parseExportLine(text);
    if (line.kind === "entry") return { seq: line.seq, hash: line.hash, isSigned };
    if (line.kind === "start") return { ...line.head, isSigned };
    isSigned = true;
  }
  return { seq: 0, hash: zeroHash, isSigned };
};

/** Undefined: there is nothing new. */
const writeNext = async (
  { unitOfWork, file, bytesMax, failed }: AuditStreamOptions,
  at: Position,
): Promise<Position | undefined> => {
  const { head, removed, entries, notes } = await unitOfWork.read("all", async (db) => {
    const found = await entriesAfter(
      db,
      {},
      { after: at.seq, upTo: Number.MAX_SAFE_INTEGER, limit: entriesPerWrite },
    );
    return {
      head: await readAuditHead(db),
      removed: await removedHead(db),
      entries: found,
      notes: await db
        .selectFrom("audit_checkpoints")
        .select(["size", "note"])
        .where("size", ">=", at.seq)
        .where("size", "<=", found.at(-1)?.seq ?? at.seq)
        .execute(),
    };
  });
  if (head.seq < at.seq) {
    throw new Failure(
      "log_corrupt",
      `The file of the audit log holds ${at.seq} entries, the log ${head.seq}: an older database was put back.`,
    );
  }
  if (removed && removed.seq > at.seq) return skipArchived({ file, failed, at, removed });
  const bySize = new Map(notes.map(({ size, note }) => [size, note]));
  let { hash } = at;
  let text = "";
  const sign = (size: number): void => {
    const note = bySize.get(size);
    if (note !== undefined) text += `${formatCheckpointLine(note)}\n`;
  };
  // Of checkpoints, those that find the file at their size: nothing waits for a signature.
  if (!at.isSigned) sign(at.seq);
  for (const { seq, canonical, hash: stored } of entries) {
    if (hashCanonical(hash, canonical) !== stored) {
      throw new Failure(
        "log_corrupt",
        `Entry ${seq} of the audit log does not follow what its file ends with.`,
      );
    }
    hash = stored;
    text += `${formatCanonicalEntryLine(canonical, hash)}\n`;
    sign(seq);
  }
  if (text === "") return undefined;
  await file.append(text);
  const seq = entries.at(-1)?.seq ?? at.seq;
  const isSigned = bySize.has(seq);
  if (file.bytes >= (isSigned ? bytesMax : 2 * bytesMax)) {
    const { hashes: frontier } = await unitOfWork.read("all", (db) => readFrontier(auditHashes(db), seq));
    await file.rotate(markOf(seq), `${formatStartLine({ seq, hash, frontier })}\n`);
    return { seq, hash, isSigned: true };
  }
  return { seq, hash, isSigned };
};

/** The file was away for longer than rows are kept: the rest is in the archive. */
const skipArchived = async (skip: {
  readonly file: GrowingFile;
  readonly failed: (cause: unknown) => void;
  readonly at: Position;
  readonly removed: AuditHead;
}): Promise<Position> => {
  const { file, failed, at, removed } = skip;
  const start = `${formatStartLine(removed)}\n`;
  if (at.seq === 0) {
    await file.append(start);
    return { ...removed, isSigned: false };
  }
  await file.rotate(markOf(at.seq), start);
  failed(
    new Failure(
      "audit_archived",
      `Entries ${at.seq + 1} to ${removed.seq} are in the archive, not in the file.`,
    ),
  );
  return { ...removed, isSigned: false };
};

const markOf = (seq: number): string => String(seq).padStart(16, "0");
