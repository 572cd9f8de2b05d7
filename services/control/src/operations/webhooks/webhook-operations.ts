import type { Operation } from "../../operation.ts";
import { deleteWebhookAt, updateWebhookAt } from "./change-webhook.ts";
import { createWebhookAt } from "./create-webhook.ts";
import { getWebhookAt, listWebhookDeliveriesAt, listWebhooksAt } from "./read-webhooks.ts";
import { redeliverAt, testWebhookAt } from "./send-webhook.ts";
import { webhookPlaces } from "./webhook-places.ts";

export const webhookOperations: readonly Operation[] = webhookPlaces.flatMap((place) => [
  listWebhooksAt(place),
  createWebhookAt(place),
  getWebhookAt(place),
  updateWebhookAt(place),
  deleteWebhookAt(place),
  testWebhookAt(place),
  listWebhookDeliveriesAt(place),
  redeliverAt(place),
]);
