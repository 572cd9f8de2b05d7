// Deliveries are made in the transaction of what they tell: what committed is told, what did not is not.
import { newId } from "@cmdop/base";
import { sql } from "kysely";
import { isTopicWanted, webhookWaitingMax } from "../../core/webhooks/webhook-policy.ts";
import type { Writer } from "../schema.ts";

export interface WebhookEvent {
  /** As in the audit log: `session.end`. */
  readonly type: string;
  /** Null: of no fleet. */
  readonly fleetId: string | null;
  readonly actor: { readonly kind: string; readonly id: string; readonly name?: string | undefined };
  readonly target?: { readonly kind: string; readonly id: string } | undefined;
  readonly data: unknown;
}

export const webhooksChannel = "cmdop_webhooks";

export const enqueueDeliveries = async (
  db: Writer,
  events: readonly WebhookEvent[],
  now: Date,
): Promise<void> => {
  const fleets = new Set(events.flatMap(({ fleetId }) => fleetId ?? []));
  if (fleets.size === 0) return;
  const webhooks = await db
    .selectFrom("webhooks")
    .select(["id", "fleet_id", "topics"])
    .where("fleet_id", "in", [...fleets])
    .where("disabled_at", "is", null)
    .execute();
  let isAdded = false;
  for (const event of events) {
    for (const { id, fleet_id, topics } of webhooks) {
      if (fleet_id !== event.fleetId || !isTopicWanted(topics, event.type)) continue;
      await addDelivery(db, { webhookId: id, event, now });
      isAdded = true;
    }
  }
  if (isAdded) await wakeSenders(db);
};

export const wakeSenders = (db: Writer) => sql`select pg_notify(${webhooksChannel}, '')`.execute(db);

const addDelivery = async (
  db: Writer,
  { webhookId, event, now }: { readonly webhookId: string; readonly event: WebhookEvent; readonly now: Date },
): Promise<void> => {
  const { count } = await db
    .selectFrom((waiting) =>
      waiting
        .selectFrom("webhook_deliveries")
        .select("id")
        .where("webhook_id", "=", webhookId)
        .where("state", "=", "waiting")
        .limit(webhookWaitingMax)
        .as("waiting"),
    )
    .select((found) => found.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  if (count >= webhookWaitingMax) {
    await db
      .updateTable("webhooks")
      .set((set) => ({ dropped: set("dropped", "+", 1) }))
      .where("id", "=", webhookId)
      .execute();
    return;
  }
  await insertDelivery(db, { webhookId, event, now });
};

/** Its id; whoever inserts by hand wakes the senders. */
export const insertDelivery = async (
  db: Writer,
  { webhookId, event, now }: { readonly webhookId: string; readonly event: WebhookEvent; readonly now: Date },
): Promise<string> => {
  const id = newId("whd");
  const { type, fleetId, actor, target, data } = event;
  await db
    .insertInto("webhook_deliveries")
    .values({
      id,
      webhook_id: webhookId,
      fleet_id: fleetId,
      type,
      body: JSON.stringify({
        id,
        type,
        at: now.toISOString(),
        fleet: fleetId,
        actor: { kind: actor.kind, id: actor.id, name: actor.name },
        target,
        data,
      }),
      created_at: now,
      state: "waiting",
      next_at: now,
    })
    .execute();
  return id;
};
