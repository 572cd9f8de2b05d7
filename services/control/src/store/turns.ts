// One after the other, over all processes, until the transaction ends: what counts before it adds, and what sums
// after it added. Another's rows are not seen before they are committed, so two at once would both find room.
import { Failure } from "@cmdop/base";
import { sql } from "kysely";
import type { Writer } from "./schema.ts";

/** Several turns are taken in one order, so that two who take them never wait for each other. */
export const takeTurns = async (db: Writer, names: readonly string[]): Promise<void> => {
  if (names.length === 0) return;
  const ordered = [...new Set(names)].sort();
  await sql`
    select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${ordered}::text[]) as name`.execute(
    db,
  );
};

/** Of what edges report of a fleet, its spending among it, and of what compares that with what may be spent. */
export const reportsTurn = (fleetId: string): string => `reports of ${fleetId}`;

/** `limit_reached` when there are `max` already; until the transaction ends nobody else adds to what `turn` names. */
export const assertRoom = async (
  db: Writer,
  room: {
    readonly turn: string;
    /** Asked in the turn. */
    readonly rows: {
      executeTakeFirstOrThrow(): Promise<{ readonly count: string | number | bigint }>;
    };
    readonly max: number;
    readonly full: string;
  },
): Promise<void> => {
  await takeTurns(db, [room.turn]);
  const { count } = await room.rows.executeTakeFirstOrThrow();
  if (Number(count) >= room.max) throw new Failure("limit_reached", room.full);
};
