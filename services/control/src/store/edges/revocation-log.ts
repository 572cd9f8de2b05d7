// Revocations in the order of their numbers, for as many followers as there are edges. What this process commits is passed
// on at once: to read it again would wait behind whatever else is asked of the database. What others commit is read, by one
// reader a process, which is woken by a notification and looks twice a second beside that. Upkeep removes what no
// edge can need any more.
import type { Clock } from "@cmdop/base";
import { internalLimits, type RevocationRow } from "@cmdop/edge";
import { repeat } from "../../repeat.ts";
import type { ControlDatabase, Reader } from "../schema.ts";

export interface RevocationLog {
  /** The newest number that this process has seen committed. */
  readonly head: number;
  /** Whether the database answered lately: what was committed since would be known. */
  readonly isCurrent: boolean;
  /** As they stand in the database now: another process may have written, or compacted. */
  bounds(): Promise<RevocationBounds>;
  /** Everything kept after this number, oldest first. */
  read(after: number, limit: number): Promise<readonly RevocationRow[]>;
  /** What this process has just committed, in order. */
  committed(rows: readonly RevocationRow[]): void;
  /** Called with what is new, in order and without a hole; returns how to stop. */
  follow(heard: (rows: readonly RevocationRow[]) => void): () => void;
  close(): Promise<void>;
}

export interface RevocationBounds {
  readonly head: number;
  /** Everything after this number is kept; `after` must not be below it. */
  readonly oldest: number;
}

/**
 * A day more than the contract promises edges, for clocks that differ. No token that an edge verifies offline lives so
 * long (24 hours, and 24 of grace), nor does an answer (15 minutes): an edge that stood before what was removed is told
 * so, and loses nothing that is still good by not trusting what is older.
 */
export const revocationsKeptMs = internalLimits.revocationsKeptMs + 24 * 3_600_000;
const purgedMax = 5_000;

const lookEveryMs = 500;
const currentForMs = 2_000;
const rowsPerRead = 1_000;

export const openRevocationLog = async (options: {
  readonly database: ControlDatabase;
  readonly clock: Pick<Clock, "after" | "nowMs">;
  readonly failed: (cause: unknown) => void;
}): Promise<RevocationLog> => {
  const { database, clock, failed } = options;
  // The embedded database has no writer but this process: nothing is committed that it would have to hear of.
  const isAlone = database.engine === "pglite";
  const followers = new Set<(rows: readonly RevocationRow[]) => void>();
  let head = 0;
  let lookedAtMs = clock.nowMs();

  const readRows = (after: number, limit: number): Promise<readonly RevocationRow[]> =>
    database.transaction((db) => rowsAfter(db, after, limit));

  /** Rows without a hole that begin at the head or before it: meanwhile it may have moved on. */
  const tell = (rows: readonly RevocationRow[]): void => {
    const fresh = rows.filter(({ seq }) => seq > head);
    head = fresh.at(-1)?.seq ?? head;
    if (fresh.length > 0) for (const follower of [...followers]) follower(fresh);
  };

  const look = async (signal: AbortSignal): Promise<void> => {
    for (let isMore = true; isMore && !signal.aborted; ) {
      const askedAtMs = clock.nowMs();
      const rows = await readRows(head, rowsPerRead);
      lookedAtMs = askedAtMs;
      tell(rows);
      isMore = rows.length === rowsPerRead;
    }
  };

  const bounds = (): Promise<RevocationBounds> => database.transaction(readBounds);
  head = (await bounds()).head;
  const looking = repeat({ clock, everyMs: lookEveryMs, pass: look, failed });
  const stop = await database.listen("cmdop_revocations", () => void looking.wake());
  return {
    get head() {
      return head;
    },
    get isCurrent() {
      return isAlone || clock.nowMs() - lookedAtMs <= currentForMs;
    },
    bounds,
    read: readRows,
    committed: (rows) => {
      try {
        // Another transaction's come before them and were not told yet: both are read.
        if ((rows[0]?.seq ?? 0) > head + 1) void looking.wake();
        else tell(rows.map(bounded));
      } catch (cause) {
        // What is committed does not fail because somebody who hears of it does.
        failed(cause);
      }
    },
    follow: (heard) => {
      followers.add(heard);
      return () => followers.delete(heard);
    },
    close: async () => {
      await looking.close();
      await stop();
    },
  };
};

/** The head first: a row that is written between the two is above it. */
const readBounds = async (db: Reader): Promise<RevocationBounds> => {
  const { revocation_seq } = await db
    .selectFrom("audit_head")
    .select("revocation_seq")
    .executeTakeFirstOrThrow();
  const head = Number(revocation_seq);
  const first = await db.selectFrom("revocations").select("seq").orderBy("seq").limit(1).executeTakeFirst();
  return { head, oldest: first ? Math.min(head, Number(first.seq) - 1) : head };
};

/**
 * Removes the oldest revocations, up to the first that is not older than `before`; at the most so many that no other
 * transaction waits long. Says how many: call it again while it removes some.
 */
export const purgeRevocations = async (db: Reader, before: Date): Promise<number> => {
  const { head, oldest } = await readBounds(db);
  const young = await db
    .selectFrom("revocations")
    .select("seq")
    .where("at", ">=", before)
    .orderBy("seq")
    .limit(1)
    .executeTakeFirst();
  // Clocks of several processes differ: by its number, and not by its time, a row stands before another.
  const until = Math.min(young ? Number(young.seq) : head + 1, oldest + 1 + purgedMax);
  const { numDeletedRows } = await db
    .deleteFrom("revocations")
    .where("seq", "<", until)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
};

const rowsAfter = async (db: Reader, after: number, limit: number): Promise<readonly RevocationRow[]> => {
  const rows = await db
    .selectFrom("revocations")
    .selectAll()
    .where("seq", ">", after)
    .orderBy("seq")
    .limit(limit)
    .execute();
  // Numbers are given without a hole, under a lock: the one before is the one less.
  return rows.map(({ seq, subjects, reason, at }) =>
    bounded({ seq: Number(seq), previousSeq: Number(seq) - 1, subjects, reason, atMs: at.getTime() }),
  );
};

/** As the contract bounds it. */
const bounded = (row: RevocationRow): RevocationRow => ({ ...row, reason: row.reason.slice(0, 256) });
