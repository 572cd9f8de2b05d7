import { z } from "zod";
import { readOperation, requireMembership } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { findWebhook } from "../../store/webhooks/webhooks.ts";
import { deliverySchema, toDelivery, toWebhook, webhookParams, webhookSchema } from "./webhook-view.ts";

const access = { kind: "fleet", right: "webhooks:read" } as const;
const tag = "Webhooks";

export const listWebhooks = readOperation({
  id: "listWebhooks",
  method: "GET",
  path: "/v1/fleets/{fleet}/webhooks",
  tag,
  summary: "The fleet's webhooks",
  access,
  params: fleetParams,
  query: z.object(pageQuery),
  answers: { 200: pageOf(webhookSchema) },
  handle: async ({ db, query, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    const [list, marks] = ["webhooks", services.pageMarks];
    const [after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let rows = db
      .selectFrom("webhooks")
      .selectAll()
      .where("fleet_id", "=", fleetId)
      .orderBy("name")
      .limit(query.limit + 1);
    if (after !== undefined) rows = rows.where("name", ">", String(after));
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.name],
      toItem: toWebhook,
    });
    return { status: 200, body: page };
  },
});

export const getWebhook = readOperation({
  id: "getWebhook",
  method: "GET",
  path: "/v1/fleets/{fleet}/webhooks/{webhook}",
  tag,
  summary: "One webhook",
  access,
  params: webhookParams,
  answers: { 200: webhookSchema },
  handle: async ({ db, params, ...call }) => {
    const row = await findWebhook(db, requireMembership(call).fleetId, params.webhook);
    return { status: 200, body: toWebhook(row), version: row.version };
  },
});

export const listWebhookDeliveries = readOperation({
  id: "listWebhookDeliveries",
  method: "GET",
  path: "/v1/fleets/{fleet}/webhooks/{webhook}/deliveries",
  tag,
  summary: "What was sent, and what came of it; 14 days",
  access,
  params: webhookParams,
  query: z.object({ ...pageQuery, state: z.enum(["waiting", "delivered", "failed"]).optional() }),
  answers: { 200: pageOf(deliverySchema) },
  handle: async ({ db, params, query, services, ...call }) => {
    const { id } = await findWebhook(db, requireMembership(call).fleetId, params.webhook);
    const [list, marks] = [`deliveries ${id}`, services.pageMarks];
    const [at, after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
    let rows = db
      .selectFrom("webhook_deliveries")
      .selectAll()
      .where("webhook_id", "=", id)
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(query.limit + 1);
    if (query.state !== undefined) rows = rows.where("state", "=", query.state);
    if (at !== undefined) {
      const time = new Date(Number(at));
      rows = rows.where((is) =>
        is.or([
          is("created_at", "<", time),
          is.and([is("created_at", "=", time), is("id", "<", String(after))]),
        ]),
      );
    }
    const page = toPage(await rows.execute(), {
      list,
      limit: query.limit,
      marks,
      positionOf: (row) => [row.created_at.getTime(), row.id],
      toItem: toDelivery,
    });
    return { status: 200, body: page };
  },
});
