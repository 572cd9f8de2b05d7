import { z } from "zod";
import { readOperation } from "../../operation.ts";
import { pageOf, pageQuery, toPage } from "../../store/pages.ts";
import { findWebhook } from "../../store/webhooks/webhooks.ts";
import { authorizeEntries, type WebhookPlace } from "./webhook-places.ts";
import { deliverySchema, toDelivery, toWebhook, webhookSchema } from "./webhook-view.ts";

const tag = "Webhooks";

export const listWebhooksAt = (place: WebhookPlace) =>
  readOperation({
    id: place.idOf("list", "Webhooks"),
    method: "GET",
    path: place.path,
    tag,
    summary: `The ${place.whose} webhooks`,
    access: place.readAccess,
    params: place.params,
    query: z.object(pageQuery),
    answers: { 200: pageOf(webhookSchema) },
    handle: async ({ db, query, services, ...call }) => {
      const owner = place.ownerOf(call);
      const [list, marks] = ["webhooks", services.pageMarks];
      const [after] = query.cursor === undefined ? [] : marks.open(list, query.cursor);
      let rows = db
        .selectFrom("webhooks")
        .selectAll()
        .where("fleet_id", "is not distinct from", owner)
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

export const getWebhookAt = (place: WebhookPlace) =>
  readOperation({
    id: place.idOf("get", "Webhook"),
    method: "GET",
    path: `${place.path}/{webhook}`,
    tag,
    summary: place.whose === "fleet's" ? "One webhook" : "One of the installation's webhooks",
    access: place.readAccess,
    params: place.webhookParams,
    answers: { 200: webhookSchema },
    handle: async ({ db, params, ...call }) => {
      const row = await findWebhook(db, place.ownerOf(call), params.webhook);
      return { status: 200, body: toWebhook(row), version: row.version };
    },
  });

export const listWebhookDeliveriesAt = (place: WebhookPlace) =>
  readOperation({
    id: place.idOf("list", "WebhookDeliveries"),
    method: "GET",
    path: `${place.path}/{webhook}/deliveries`,
    tag,
    summary:
      place.whose === "fleet's"
        ? "What was sent, and what came of it; 14 days"
        : "What one of the installation's was sent, and what came of it; 14 days",
    description: "Of a fleet's audit entries: with the right to read them, `audit:read`.",
    access: place.readAccess,
    params: place.webhookParams,
    query: z.object({ ...pageQuery, state: z.enum(["waiting", "delivered", "failed"]).optional() }),
    answers: { 200: pageOf(deliverySchema) },
    handle: async ({ db, params, query, services, ...call }) => {
      const owner = place.ownerOf(call);
      const { id } = await findWebhook(db, owner, params.webhook);
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
      const found = await rows.execute();
      authorizeEntries(
        call,
        owner,
        found.map(({ type }) => type),
      );
      const page = toPage(found, {
        list,
        limit: query.limit,
        marks,
        positionOf: (row) => [row.created_at.getTime(), row.id],
        toItem: toDelivery,
      });
      return { status: 200, body: page };
    },
  });
