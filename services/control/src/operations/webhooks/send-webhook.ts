// Deliveries that somebody asks for: a test, and one that failed once more.
import { Failure } from "@cmdop/base";
import { writeOperation } from "../../operation.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { insertDelivery, wakeSenders } from "../../store/webhooks/enqueue-deliveries.ts";
import { findWebhook } from "../../store/webhooks/webhooks.ts";
import { authorizeEntries, fleetOf, type WebhookPlace } from "./webhook-places.ts";
import { deliverySchema, toDelivery } from "./webhook-view.ts";

const tag = "Webhooks";

const readDelivery = async ({ db }: WriteTransaction, id: string) =>
  toDelivery(
    await db.selectFrom("webhook_deliveries").selectAll().where("id", "=", id).executeTakeFirstOrThrow(),
  );

const assertEnabled = ({ disabled_at }: { readonly disabled_at: Date | null }): void => {
  if (disabled_at !== null) throw new Failure("conflict", "The webhook is disabled: enable it first.");
};

export const testWebhookAt = (place: WebhookPlace) =>
  writeOperation({
    id: place.idOf("test", "Webhook"),
    method: "POST",
    path: `${place.path}/{webhook}/test`,
    tag,
    summary:
      place.whose === "fleet's"
        ? "Send an event of the type webhook.test"
        : "Send one of the installation's an event of the type webhook.test",
    description: "It waits as any other does; its delivery says what came of it.",
    access: place.manageAccess,
    perMinute: 30,
    params: place.webhookParams,
    answers: { 202: deliverySchema },
    handle: async ({ params, tx, ...call }) => {
      const owner = place.ownerOf(call);
      const webhook = await findWebhook(tx.db, owner, params.webhook);
      assertEnabled(webhook);
      const target = { kind: "webhook", id: webhook.id };
      const event = {
        type: "webhook.test",
        fleetId: owner,
        actor: tx.actor,
        target,
        data: { name: webhook.name },
      };
      const id = await insertDelivery(tx.db, { webhookId: webhook.id, event, now: tx.now });
      await wakeSenders(tx.db);
      tx.audit({ action: "webhook.send_test", ...fleetOf(owner), target, body: { delivery: id } });
      return { status: 202, body: await readDelivery(tx, id) };
    },
  });

export const redeliverAt = (place: WebhookPlace) =>
  writeOperation({
    id: place.idOf("redeliver", "Webhook"),
    method: "POST",
    path: `${place.path}/{webhook}/deliveries/{delivery}/redeliver`,
    tag,
    summary:
      place.whose === "fleet's"
        ? "Send a finished delivery again, with its id and its text"
        : "Send one of the installation's a finished delivery again, with its id and its text",
    access: place.manageAccess,
    perMinute: 60,
    params: place.deliveryParams,
    answers: { 202: deliverySchema },
    handle: async ({ params, tx, ...call }) => {
      const owner = place.ownerOf(call);
      const webhook = await findWebhook(tx.db, owner, params.webhook);
      assertEnabled(webhook);
      const row = await tx.db
        .updateTable("webhook_deliveries")
        .set({ state: "waiting", attempts: 0, next_at: tx.now, finished_at: null })
        .where("id", "=", params.delivery)
        .where("webhook_id", "=", webhook.id)
        .where("state", "!=", "waiting")
        .returning(["id", "type"])
        .executeTakeFirst();
      if (!row) throw new Failure("not_found", "There is no such delivery, or it still waits.");
      authorizeEntries(call, owner, [row.type]);
      await wakeSenders(tx.db);
      tx.audit({
        action: "webhook.redeliver",
        ...fleetOf(owner),
        target: { kind: "webhook", id: webhook.id },
        body: { delivery: row.id },
      });
      return { status: 202, body: await readDelivery(tx, row.id) };
    },
  });
