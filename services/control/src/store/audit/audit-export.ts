// The audit log as one file, made page by page: no transaction stays open while somebody reads slowly.
import {
  csvHeader,
  formatCanonicalEntryLine,
  formatCheckpointLine,
  formatCsvLine,
  formatStartLine,
} from "@cmdop/audit";
import type { Reader } from "../schema.ts";
import type { RowScope, UnitOfWork } from "../unit-of-work.ts";
import { type AuditFilter, entriesAfter, toHashedEntry } from "./audit-entries.ts";
import { removedHead } from "./audit-segments.ts";
import { latestCheckpoint } from "./checkpoints.ts";

export interface AuditExport {
  readonly unitOfWork: UnitOfWork;
  readonly scope: RowScope;
  readonly filter: AuditFilter;
  /** The last entry. */
  readonly upTo: number;
  /** Checkpoints make a whole export verifiable; one with gaps is not, and has none. */
  readonly hasCheckpoints: boolean;
}

const entriesPerRead = 1_000;

/** NDJSON (docs/reference/audit-log.md). Of the checkpoints, the newest of each piece. */
export async function* exportLines(options: AuditExport): AsyncGenerator<string, void, undefined> {
  const { unitOfWork, scope, filter, upTo, hasCheckpoints } = options;
  const archived = hasCheckpoints ? await unitOfWork.read(scope, removedHead) : undefined;
  if (archived) yield `${formatStartLine(archived)}\n`;
  let after = archived?.seq ?? 0;
  for (;;) {
    const page = await unitOfWork.read(scope, async (db) => {
      const entries = await entriesAfter(db, filter, { after, upTo, limit: entriesPerRead });
      const last = entries.at(-1)?.seq ?? after;
      return { entries, last, checkpoint: hasCheckpoints ? await newestWithin(db, after, last) : undefined };
    });
    let text = "";
    for (const { seq, canonical, hash } of page.entries) {
      text += `${formatCanonicalEntryLine(canonical, hash)}\n`;
      if (seq === page.checkpoint?.size) text += `${formatCheckpointLine(page.checkpoint.note)}\n`;
    }
    if (text !== "") yield text;
    after = page.last;
    if (page.entries.length < entriesPerRead) break;
  }
  // One that counts more than there is says that the tail was cut.
  const newest = hasCheckpoints ? await unitOfWork.read(scope, latestCheckpoint) : undefined;
  if (newest && newest.size > after) yield `${formatCheckpointLine(newest.note)}\n`;
}

export async function* exportCsv(options: AuditExport): AsyncGenerator<string, void, undefined> {
  const { unitOfWork, scope, filter, upTo } = options;
  yield csvHeader;
  for (let after = 0; ; ) {
    const entries = await unitOfWork.read(scope, (db) =>
      entriesAfter(db, filter, { after, upTo, limit: entriesPerRead }),
    );
    if (entries.length > 0) yield entries.map((entry) => formatCsvLine(toHashedEntry(entry))).join("");
    const last = entries.at(-1);
    if (!last || entries.length < entriesPerRead) return;
    after = last.seq;
  }
}

const newestWithin = async (
  db: Reader,
  after: number,
  upTo: number,
): Promise<{ readonly size: number; readonly note: string } | undefined> => {
  const row = await db
    .selectFrom("audit_checkpoints")
    .select(["size", "note"])
    .where("size", ">", after)
    .where("size", "<=", upTo)
    .orderBy("size", "desc")
    .limit(1)
    .executeTakeFirst();
  return row;
};
