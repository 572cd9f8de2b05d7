// Deliveries that somebody asks for: a test, and one that failed once more.
import { Failure } from "@cmdop/base";
import { z } from "zod";
import { requireMembership, writeOperation } from "../../operation.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";
import { insertDelivery, wakeSenders } from "../../store/webhooks/enqueue-deliveries.ts";
import { findWebhook } from "../../store/webhooks/webhooks.ts";
import { deliverySchema, toDelivery, webhookParams } from "./webhook-view.ts";

const access = { kind: "fleet", right: "webhooks:manage" } as const;
const tag = "Webhooks";

const readDelivery = async ({ db }: WriteTransaction, id: string) =>
  toDelivery(
    await db.selectFrom("webhook_deliveries").selectAll().where("id", "=", id).executeTakeFirstOrThrow(),
  );

const assertEnabled = ({ disabled_at }: { readonly disabled_at: Date | null }): void => {
  if (disabled_at !== null) throw new Failure("conflict", "The webhook is disabled: enable it first.");
};

export const testWebhook = writeOperation({
  id: "testWebhook",
  method: "POST",
  path: "/v1/fleets/{fleet}/webhooks/{webhook}/test",
  tag,
  summary: "Send an event of the type webhook.test",
  description: "It waits as any other does; its delivery says what came of it.",
  access,
  perMinute: 30,
  params: webhookParams,
  answers: { 202: deliverySchema },
  handle: async ({ params, tx, ...call }) => {
    const { fleetId } = requireMembership(call);
    const webhook = await findWebhook(tx.db, fleetId, params.webhook);
    assertEnabled(webhook);
    const target = { kind: "webhook", id: webhook.id };
    const event = {
      type: "webhook.test",
      fleetId,
      actor: tx.actor,
      target,
      data: { name: webhook.name },
    };
    const id = await insertDelivery(tx.db, { webhookId: webhook.id, event, now: tx.now });
    await wakeSenders(tx.db);
    tx.audit({ action: "webhook.send_test", fleet: fleetId, target, body: { delivery: id } });
    return { status: 202, body: await readDelivery(tx, id) };
  },
});

export const redeliver = writeOperation({
  id: "redeliverWebhook",
  method: "POST",
  path: "/v1/fleets/{fleet}/webhooks/{webhook}/deliveries/{delivery}/redeliver",
  tag,
  summary: "Send a finished delivery again, with its id and its text",
  access,
  perMinute: 60,
  params: webhookParams.extend({ delivery: z.string().max(64) }),
  answers: { 202: deliverySchema },
  handle: async ({ params, tx, ...call }) => {
    const { fleetId } = requireMembership(call);
    const webhook = await findWebhook(tx.db, fleetId, params.webhook);
    assertEnabled(webhook);
    const row = await tx.db
      .updateTable("webhook_deliveries")
      .set({ state: "waiting", attempts: 0, next_at: tx.now, finished_at: null })
      .where("id", "=", params.delivery)
      .where("webhook_id", "=", webhook.id)
      .where("state", "!=", "waiting")
      .returning("id")
      .executeTakeFirst();
    if (!row) throw new Failure("not_found", "There is no such delivery, or it still waits.");
    await wakeSenders(tx.db);
    tx.audit({
      action: "webhook.redeliver",
      fleet: fleetId,
      target: { kind: "webhook", id: webhook.id },
      body: { delivery: row.id },
    });
    return { status: 202, body: await readDelivery(tx, row.id) };
  },
});
