// Retention of the audit log. What is signed is sealed into files, 1,024 entries or a multiple of it; when it is old
// enough and its file is found whole, its rows go. Hashes of all entries stay, so that every proof stays as it was.
//
// S1 A row goes only when its file lies in the archive with the digest that the log itself noted (`audit.seal`).
// S2 Nothing is sealed that the log's key did not sign, and no file takes the place of another one.
// S3 An archive that holds more than the log, or other entries, stops both: an older database was put back.
import {
  type AuditEntry,
  type AuditHead,
  emptyHead,
  formatCanonicalEntryLine,
  formatCheckpointLine,
  formatStartLine,
  type HashedEntry,
  leavesPerRead,
  sealSegment,
} from "@cmdop/audit";
import { type Clock, Failure } from "@cmdop/base";
import { sql } from "kysely";
import type { FileDigest, SealedFileDraft, SealedFiles } from "../ports.ts";
import { type Repeated, repeat } from "../repeat.ts";
import { entriesAfter } from "../store/audit/audit-entries.ts";
import { newestSegment, oldestKeptSegment } from "../store/audit/audit-segments.ts";
import { latestCheckpoint, readAuditHead } from "../store/audit/checkpoints.ts";
import type { UnitOfWork } from "../store/unit-of-work.ts";
import type { CheckpointKeeper } from "./checkpoint-keeper.ts";

export interface AuditArchiveOptions {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly files: SealedFiles;
  readonly keeper: Pick<CheckpointKeeper, "signPast">;
  /** How long rows stay in the table; undefined: for ever. */
  readonly keepMs: number | undefined;
  readonly failed: (cause: unknown) => void;
}

const runEveryMs = 60_000;
/** Entries of one file, some 2 MB: the embedded database removes so many rows in half a second, and waits for it. */
const entriesPerFileMax = 4 * leavesPerRead;
const actor = { kind: "system", id: "archive" } as const;
const origin = { requestId: "archive" };

export const sealedFileName = (fromSeq: number, toSeq: number): string =>
  `audit-${String(fromSeq).padStart(16, "0")}-${String(toSeq).padStart(16, "0")}.ndjson`;

const rangeOf = (name: string): { readonly from: number; readonly to: number } | undefined => {
  const [, from, to] = /^audit-(\d{16})-(\d{16})\.ndjson$/.exec(name) ?? [];
  return from === undefined ? undefined : { from: Number(from), to: Number(to) };
};

/** A pass seals what is ready and removes what is due. `log_corrupt` when archive and log do not fit each other. */
export const openAuditArchive = (options: AuditArchiveOptions): Repeated<void> =>
  repeat({
    clock: options.clock,
    everyMs: runEveryMs,
    pass: async (signal) => {
      while (!signal.aborted && (await sealNext(options)));
      while (!signal.aborted && (await removeNext(options)));
    },
    failed: options.failed,
  });

interface Due {
  readonly before: AuditHead;
  readonly to: number;
}

/** What the next file holds; undefined: it is not complete yet. */
const nextDue = async ({ unitOfWork, files }: AuditArchiveOptions): Promise<Due | undefined> => {
  const ranges = (await files.list()).flatMap((name) => rangeOf(name) ?? []);
  const { before, signed, head } = await unitOfWork.read("all", async (db) => ({
    before: (await newestSegment(db))?.after ?? emptyHead,
    signed: (await latestCheckpoint(db))?.size ?? 0,
    head: (await readAuditHead(db)).seq,
  }));
  const newest = ranges.reduce((most, { to }) => Math.max(most, to), 0);
  if (newest > head) {
    throw new Failure(
      "log_corrupt",
      `The archive holds entries up to ${newest}, the log ends at ${head}: an older database was put back.`,
    );
  }
  // A file that was written before its row was: the same one is made again.
  const begun = ranges.find(({ from }) => from === before.seq + 1);
  const complete = signed - (signed % leavesPerRead);
  const to = begun?.to ?? Math.min(complete, before.seq + entriesPerFileMax);
  return to > before.seq && to <= signed ? { before, to } : undefined;
};

const sealNext = async (options: AuditArchiveOptions): Promise<boolean> => {
  const due = await nextDue(options);
  if (!due) return false;
  const { unitOfWork, files, keeper } = options;
  const { before, to } = due;
  const name = sealedFileName(before.seq + 1, to);
  const draft = await files.begin(name);
  try {
    const hashes: Buffer[] = [];
    if (before.seq > 0) await draft.write(`${formatStartLine(before)}\n`);
    const sealed = await sealSegment(written(unitOfWork, draft, due, hashes), before);
    if (sealed.toSeq !== to) {
      throw new Failure("log_corrupt", `The audit log ends at ${sealed.toSeq}, and its key signed more.`);
    }
    await draft.write(`${formatCheckpointLine(await keeper.signPast(sealed.after))}\n`);
    const digest = draft.digest();
    const there = await files.digest(name);
    if (there && there.sha256 !== digest.sha256) {
      throw new Failure(
        "log_corrupt",
        `${name} holds other entries than the log: the file was changed, or an older database was put back.`,
      );
    }
    await draft.commit();
    await noteSegment(unitOfWork, { name, digest, sealed, hashes });
  } catch (cause) {
    // Another process has sealed it meanwhile, and perhaps removed what was read here.
    const newest = await unitOfWork.read("all", newestSegment);
    if (newest === undefined || newest.toSeq <= before.seq) throw cause;
  } finally {
    await draft.discard();
  }
  return true;
};

/** Gives the entries on as they are written down; keeps their hashes, a buffer for each block. */
async function* written(
  unitOfWork: UnitOfWork,
  draft: SealedFileDraft,
  { before, to }: Due,
  hashes: Buffer[],
): AsyncGenerator<HashedEntry, void, undefined> {
  for (let after = before.seq; after < to; after += leavesPerRead) {
    const upTo = Math.min(to, after + leavesPerRead);
    const page = await unitOfWork.read("all", (db) =>
      entriesAfter(db, {}, { after, upTo, limit: leavesPerRead }),
    );
    await draft.write(
      page.map(({ canonical, hash }) => `${formatCanonicalEntryLine(canonical, hash)}\n`).join(""),
    );
    hashes.push(Buffer.from(page.map(({ hash }) => hash).join(""), "hex"));
    for (const { canonical, hash } of page) yield { entry: JSON.parse(canonical) as AuditEntry, hash };
  }
}

const noteSegment = (
  unitOfWork: UnitOfWork,
  segment: {
    readonly name: string;
    readonly digest: FileDigest;
    readonly sealed: { readonly fromSeq: number; readonly toSeq: number; readonly after: AuditHead };
    readonly hashes: readonly Buffer[];
  },
) =>
  unitOfWork.writeOrReplay("all", actor, origin, async ({ db, now, audit }) => {
    const { name, digest, sealed, hashes } = segment;
    const { fromSeq, toSeq, after } = sealed;
    const added = await db
      .insertInto("audit_segments")
      .values({
        from_seq: fromSeq,
        to_seq: toSeq,
        file: name,
        ...digest,
        after: JSON.stringify(after),
        sealed_at: now,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning("to_seq")
      .executeTakeFirst();
    // Another process was quicker.
    if (!added) return { kind: "unchanged", result: undefined };
    for (const [block, bytes] of hashes.entries()) {
      const from_leaf = fromSeq - 1 + block * leavesPerRead;
      await db.insertInto("audit_sealed_hashes").values({ from_leaf, hashes: bytes }).execute();
    }
    audit({ action: "audit.seal", body: { from: fromSeq, to: toSeq, file: name, sha256: digest.sha256 } });
    return { kind: "done", result: undefined };
  });

const removeNext = async ({ unitOfWork, clock, files, keepMs }: AuditArchiveOptions): Promise<boolean> => {
  if (keepMs === undefined) return false;
  const due = await unitOfWork.read("all", async (db) => {
    const segment = await oldestKeptSegment(db);
    if (!segment) return undefined;
    const newest = await db
      .selectFrom("audit_entries")
      .select("at")
      .where("seq", "=", segment.toSeq)
      .executeTakeFirst();
    return newest && newest.at.getTime() < clock.wallMs() - keepMs ? segment : undefined;
  });
  if (!due) return false;
  const { fromSeq, toSeq, file, sha256 } = due;
  const digest = await files.digest(file);
  if (digest?.sha256 !== sha256) {
    const what = digest ? "is not what was sealed" : "is not there";
    throw new Failure("log_corrupt", `${file} ${what}: entries ${fromSeq} to ${toSeq} stay in the table.`);
  }
  await unitOfWork.writeOrReplay("all", actor, origin, async ({ db, now, audit }) => {
    const marked = await db
      .updateTable("audit_segments")
      .set({ removed_at: now })
      .where("to_seq", "=", toSeq)
      .where("removed_at", "is", null)
      .returning("to_seq")
      .executeTakeFirst();
    if (!marked) return { kind: "unchanged", result: undefined };
    // The tenant's role deletes no entry; the database's owner does, and its guard looks for the sealed file.
    await sql`select set_config('role', 'none', true), set_config('app.audit_retention', 'on', true)`.execute(
      db,
    );
    const { numDeletedRows } = await db
      .deleteFrom("audit_entries")
      .where("seq", ">=", fromSeq)
      .where("seq", "<=", toSeq)
      .executeTakeFirstOrThrow();
    await sql`select set_config('role', 'cmdop_tenant', true), set_config('app.audit_retention', '', true)`.execute(
      db,
    );
    if (Number(numDeletedRows) !== toSeq - fromSeq + 1) {
      throw new Failure("log_corrupt", `Of entries ${fromSeq} to ${toSeq} of the audit log some were gone.`);
    }
    audit({ action: "audit.remove", body: { from: fromSeq, to: toSeq, file } });
    return { kind: "done", result: undefined };
  });
  return true;
};
