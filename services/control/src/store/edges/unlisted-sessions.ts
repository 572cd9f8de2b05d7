// A machine that links says all that its host holds. What the catalogue has of it besides was let go while no relay
// heard: at the bounds of the host after days of absence, or with its disk.
import type { MachineEvent } from "@cmdop/edge";
import { sql } from "kysely";
import type { WriteTransaction } from "../unit-of-work.ts";

/**
 * A session that is younger may have been opened, through another relay, while the list was under way. It is found the
 * next time.
 */
const settledMs = 60_000;
/** Marked at once; the rest at the next links. */
const markedMax = 1_000;

export const markUnlisted = async (tx: WriteTransaction, event: MachineEvent): Promise<void> => {
  const { sessionIds, atMs, machineId, fleet } = event;
  if (sessionIds === undefined) return;
  const at = new Date(atMs);
  const settled = new Date(atMs - settledMs);
  const unlisted = await tx.db
    .selectFrom("sessions")
    .select(["id", "state"])
    .where("machine_id", "=", machineId)
    .where("fleet_id", "=", fleet)
    .where("recording_gone_at", "is", null)
    .where("updated_at", "<", settled)
    .where(sql<boolean>`id <> all(${sessionIds}::text[])`)
    .orderBy("created_at")
    .limit(markedMax)
    .forUpdate()
    .execute();
  if (unlisted.length === 0) return;
  await tx.db
    .updateTable("sessions")
    .set({
      // Above whatever a relay says that saw it before: versions are times.
      version: sql`greatest(version, ${atMs})`,
      state: "ended",
      ended_at: sql`coalesce(ended_at, ${at}::timestamptz)`,
      exit_reason: sql`coalesce(exit_reason, 'lost')`,
      recording_from: null,
      recording_to: null,
      recording_until: null,
      recording_gone_at: at,
      updated_at: at,
    })
    .where(
      "id",
      "in",
      unlisted.map(({ id }) => id),
    )
    .execute();
  for (const { id, state } of unlisted) {
    tx.publish("session", id, fleet);
    if (state === "ended") continue;
    tx.audit({
      action: "session.end",
      fleet,
      target: { kind: "session", id },
      body: { machine: machineId, seenAt: at.toISOString(), reason: "lost", code: null },
    });
  }
};
