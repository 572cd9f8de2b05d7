// Machines whose relay died with them on the list. Relays say when a machine comes and goes; one that dies says
// nothing, and one that starts anew knows nobody yet. Both are heard of, or not, by their requests: an edge asks for
// something every 30 s.
//
// P1  A machine is offline once its relay was not heard of for 90 s, or has started anew and not named it within 90 s.
// P2  A control plane that was itself away, or without its database, or whose wall clock jumped, knows nothing of who
//     was heard: it waits as long before it judges. Any number of processes may sweep.
// P3  A relay that was only cut off names its machines again when it hears the control plane again.
import type { Clock } from "@cmdop/base";
import { relayLostAfterMs } from "../../core/machines/presence.ts";
import { type Repeated, repeat } from "../../repeat.ts";
import type { UnitOfWork } from "../unit-of-work.ts";

const sweepEveryMs = 10_000;
/** Two passes further apart than this, by either clock: the process was stopped, the database away, the clock set. */
const passesApartMaxMs = 45_000;
/** In one transaction. */
const machinesMax = 1_000;

/** A pass says how many went offline. */
export const startPresenceSweep = (options: {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly failed: (cause: unknown) => void;
}): Repeated<number> => {
  const { unitOfWork, clock, failed } = options;
  const actor = { kind: "system", id: "presence-sweep" } as const;
  /** Since when this process could have heard of every relay. */
  let listeningSinceMs = clock.nowMs();
  let last = { nowMs: listeningSinceMs, wallMs: clock.wallMs() };

  const sweep = (since: Date): Promise<number> =>
    unitOfWork.record(actor, { requestId: "presence-sweep" }, async (tx) => {
      const gone = await tx.db
        .updateTable("machines")
        .set({ online_edge: null, offline_reason: "relay_lost" })
        .where("id", "in", (select) =>
          select
            .selectFrom("machines as machine")
            .leftJoin("credentials as edge", "edge.id", "machine.online_edge")
            .leftJoin("edge_starts as start", "start.edge", "machine.online_edge")
            .select("machine.id")
            .where("machine.online_edge", "is not", null)
            .where((where) =>
              where.or([
                where("edge.last_used_at", "is", null),
                where("edge.last_used_at", "<", since),
                where.and([
                  where("start.seen_at", "<", since),
                  where("machine.presence_at", "<", where.ref("start.started_at")),
                ]),
              ]),
            )
            .limit(machinesMax)
            .forUpdate("machine")
            .skipLocked(),
        )
        .returning(["id", "fleet_id"])
        .execute();
      for (const machine of gone) tx.publish("machine", machine.id, machine.fleet_id);
      return gone.length;
    });

  const pass = async (): Promise<number> => {
    const now = { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
    const apartMs = Math.max(now.nowMs - last.nowMs, Math.abs(now.wallMs - last.wallMs));
    if (apartMs > passesApartMaxMs) listeningSinceMs = now.nowMs;
    const isJudging = now.nowMs - listeningSinceMs >= relayLostAfterMs;
    // By the time that was looked at above: the process may be stopped before the transaction is.
    const count = isJudging ? await sweep(new Date(now.wallMs - relayLostAfterMs)) : 0;
    // Only a pass that ended counts: while the database is away, nobody's request is noted.
    last = now;
    return count;
  };

  return repeat({ clock, everyMs: sweepEveryMs, pass, failed });
};
