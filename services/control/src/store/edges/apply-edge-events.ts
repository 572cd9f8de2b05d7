// What relays and routers report, each event once. An outbox may send a batch again: what was taken is skipped.
import { type EdgeEvent, type EventBatch, type EventReceipt, parseEdgeEvent } from "@cmdop/edge";
import { sql } from "kysely";
import { reportsTurn, takeTurns } from "../turns.ts";
import type { WriteTransaction } from "../unit-of-work.ts";
import { applyEdgeStarted } from "./edge-started.ts";
import { applyMachineEvent } from "./machine-events.ts";
import { applySessionEvent } from "./session-events.ts";
import { applyUsageEvent } from "./usage-events.ts";

type Appliers = {
  readonly [Kind in EdgeEvent["kind"]]: (
    tx: WriteTransaction,
    event: Extract<EdgeEvent, { kind: Kind }>,
  ) => Promise<void>;
};

const appliers: Appliers = {
  session: applySessionEvent,
  machine: applyMachineEvent,
  denial: async (tx, event) => {
    tx.audit({
      action: "request.denied",
      outcome: "denied",
      reason: event.code,
      target: { kind: "operation", id: event.what },
      body: { peer: event.peer, count: event.count, seenAt: new Date(event.atMs).toISOString() },
    });
  },
  token_use: async (tx, event) => {
    await tx.db
      .updateTable("credentials")
      .set({
        last_used_at: sql`greatest(last_used_at, ${new Date(event.atMs)}::timestamptz)`,
        last_used_from: event.plane,
      })
      .where("id", "=", event.tokenId)
      .execute();
  },
  usage: applyUsageEvent,
  edge: applyEdgeStarted,
  lost: async (tx, event) => {
    tx.audit({
      action: "edge.events_lost",
      outcome: "failed",
      reason: event.reason,
      body: { count: event.count, seenAt: new Date(event.atMs).toISOString() },
    });
  },
};

const apply = <Kind extends EdgeEvent["kind"]>(
  tx: WriteTransaction,
  event: Extract<EdgeEvent, { kind: Kind }>,
): Promise<void> => appliers[event.kind as Kind](tx, event);

/** Takes a batch. Run in one transaction; the receipt is true once that has committed. */
export const applyEdgeEvents = async (tx: WriteTransaction, batch: EventBatch): Promise<EventReceipt> => {
  const { edge, stream, first, events } = batch;
  await tx.db
    .insertInto("edge_streams")
    .values({ edge, stream, acked: 0, updated_at: tx.now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await tx.db
    .selectFrom("edge_streams")
    .select("acked")
    .where("edge", "=", edge)
    .where("stream", "=", stream)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const acked = Number(row.acked);
  const last = first + events.length - 1;
  if (last <= acked) return { acked, refused: [] };

  const parsed = events.map((event, index) => ({ number: first + index, event: parseEdgeEvent(event) }));
  const fresh = parsed.filter(({ number }) => number > acked);
  const fleets = await knownFleets(
    tx,
    fresh.flatMap(({ event }) => fleetOf(event) ?? []),
  );
  const taken: EdgeEvent[] = [];
  const refused: number[] = [];
  for (const { number, event } of fresh) {
    const fleet = fleetOf(event);
    if (!event || (fleet !== undefined && !fleets.has(fleet))) refused.push(number);
    else taken.push(event);
  }
  const uses = taken.filter((event) => event.kind === "token_use");
  const reports = taken.filter((event) => event.kind !== "token_use");
  // Before the first row: else two that name the same ones, each in its own order, would wait for each other. And before the
  // first sum: else a batch at the same moment would see none of this one, and neither pass a budget's mark.
  await takeTurns(tx.db, reports.flatMap((event) => fleetOf(event) ?? []).map(reportsTurn));
  for (const event of reports) await apply(tx, event);
  // All edges tell the first uses of a key at once. They need no turn: in the order of their rows nobody waits for another.
  for (const event of uses.toSorted((a, b) => (a.tokenId < b.tokenId ? -1 : 1))) await apply(tx, event);
  if (taken.some((event) => event.kind === "machine")) await noteHeard(tx);
  const hole = Math.max(0, first - acked - 1);
  await tx.db
    .updateTable("edge_streams")
    .set({ acked: last, missed: sql`missed + ${hole + refused.length}`, updated_at: tx.now })
    .where("edge", "=", edge)
    .where("stream", "=", stream)
    .execute();
  return { acked: last, refused };
};

const fleetOf = (event: EdgeEvent | undefined): string | undefined =>
  event && "fleet" in event ? event.fleet : undefined;

/** With the machines that it names, not a moment behind them: else a sweep would give them up (presence-sweep.ts). */
const noteHeard = async (tx: WriteTransaction): Promise<void> => {
  await tx.db
    .updateTable("credentials")
    .set({ last_used_at: sql`greatest(last_used_at, ${tx.now}::timestamptz)`, last_used_from: "internal" })
    .where("id", "=", tx.actor.id)
    .where("kind", "=", "edg")
    .execute();
};

/** An event of a fleet that is gone has nowhere to stand. */
const knownFleets = async (tx: WriteTransaction, ids: readonly string[]): Promise<ReadonlySet<string>> => {
  if (ids.length === 0) return new Set();
  const rows = await tx.db
    .selectFrom("fleets")
    .select("id")
    .where("id", "in", [...new Set(ids)])
    .execute();
  return new Set(rows.map(({ id }) => id));
};
