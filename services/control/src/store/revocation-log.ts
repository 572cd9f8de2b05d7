// Revocations in the order of their numbers, for as many followers as there are edges. One reader a process: it is
// woken by a notification, and looks twice a second beside that.

import type { Clock } from "@cmdop/base";
import type { RevocationRow } from "@cmdop/edge";
import type { ControlDatabase, Reader } from "./schema.ts";

export interface RevocationLog {
  /** The newest number that is committed. */
  readonly head: number;
  /** The smallest number from which everything is kept; `after` must not be below it. */
  readonly oldest: number;
  /** How many follow it in this process. */
  readonly followers: number;
  /** Everything kept after this number, oldest first. */
  read(after: number, limit: number): Promise<readonly RevocationRow[]>;
  /** Called with what is new, in order and without a hole; returns how to stop. */
  follow(heard: (rows: readonly RevocationRow[]) => void): () => void;
  close(): Promise<void>;
}

const lookEveryMs = 500;
const rowsPerRead = 1_000;

export const openRevocationLog = async (options: {
  readonly database: ControlDatabase;
  readonly clock: Pick<Clock, "after">;
  readonly failed: (cause: unknown) => void;
}): Promise<RevocationLog> => {
  const { database, clock, failed } = options;
  const followers = new Set<(rows: readonly RevocationRow[]) => void>();
  let head = 0;
  let oldest = 0;
  let isClosed = false;
  let isReading = false;
  let isAgain = false;

  const readRows = (after: number, limit: number): Promise<readonly RevocationRow[]> =>
    database.transaction((db) => rowsAfter(db, after, limit));

  const look = async (): Promise<void> => {
    if (isReading) {
      isAgain = true;
      return;
    }
    isReading = true;
    try {
      do {
        isAgain = false;
        const rows = await readRows(head, rowsPerRead);
        const last = rows.at(-1);
        if (!last) continue;
        head = last.seq;
        for (const follower of [...followers]) follower(rows);
        isAgain = isAgain || rows.length === rowsPerRead;
      } while (isAgain && !isClosed);
    } catch (cause) {
      failed(cause);
    } finally {
      isReading = false;
    }
  };

  const start = await database.transaction(async (db) => ({
    head: await db.selectFrom("audit_head").select("revocation_seq").executeTakeFirstOrThrow(),
    oldest: await db.selectFrom("revocations").select("seq").orderBy("seq").limit(1).executeTakeFirst(),
  }));
  head = Number(start.head.revocation_seq);
  oldest = start.oldest ? Number(start.oldest.seq) - 1 : head;
  const stop = await database.listen("cmdop_revocations", () => void look());
  let cancel = (): void => undefined;
  const schedule = (): void => {
    cancel = clock.after(lookEveryMs, () => {
      void look().finally(() => {
        if (!isClosed) schedule();
      });
    });
  };
  schedule();
  return {
    get head() {
      return head;
    },
    get oldest() {
      return oldest;
    },
    get followers() {
      return followers.size;
    },
    read: readRows,
    follow: (heard) => {
      followers.add(heard);
      return () => followers.delete(heard);
    },
    close: async () => {
      isClosed = true;
      cancel();
      await stop();
    },
  };
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
  return rows.map((row) => ({
    seq: Number(row.seq),
    previousSeq: Number(row.seq) - 1,
    subjects: row.subjects,
    reason: row.reason.slice(0, 256),
    atMs: row.at.getTime(),
  }));
};
