import type { EdgeStartedEvent } from "@cmdop/edge";
import { sql } from "kysely";
import type { WriteTransaction } from "../unit-of-work.ts";

/** A process of this edge began: what it does not name again is gone (presence-sweep.ts). */
export const applyEdgeStarted = async (tx: WriteTransaction, event: EdgeStartedEvent): Promise<void> => {
  await tx.db
    .insertInto("edge_starts")
    .values({ edge: tx.actor.id, started_at: new Date(event.atMs), seen_at: tx.now })
    .onConflict((conflict) =>
      conflict.column("edge").doUpdateSet((row) => ({
        started_at: sql`greatest(edge_starts.started_at, excluded.started_at)`,
        seen_at: row.ref("excluded.seen_at"),
      })),
    )
    .execute();
};
