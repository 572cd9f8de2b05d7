// Machines as relays see them come and go. The relay that has the link now is the one whose goodbye counts.
import type { MachineEvent } from "@cmdop/edge";
import { sql } from "kysely";
import type { WriteTransaction } from "../unit-of-work.ts";
import { markUnlisted } from "./unlisted-sessions.ts";

export const applyMachineEvent = async (tx: WriteTransaction, event: MachineEvent): Promise<void> => {
  const at = new Date(event.atMs);
  const edge = tx.actor.id;
  const isOnline = event.change === "online";
  let update = tx.db
    .updateTable("machines")
    .set({
      online_edge: isOnline ? edge : null,
      presence_at: at,
      offline_reason: event.reason,
      last_contact_at: sql`greatest(last_contact_at, ${at}::timestamptz)`,
      ...(isOnline && event.facts
        ? { facts: JSON.stringify(event.facts), hostname: event.facts.hostname }
        : {}),
    })
    .where("id", "=", event.machineId)
    .where((where) => where.or([where("presence_at", "is", null), where("presence_at", "<=", at)]));
  update = isOnline
    ? update.where("fleet_id", "=", event.fleet)
    : update.where((where) => where.or([where("online_edge", "is", null), where("online_edge", "=", edge)]));
  const row = await update.returning("fleet_id").executeTakeFirst();
  if (!row) return;
  tx.publish("machine", event.machineId, row.fleet_id);
  await markUnlisted(tx, event);
};
