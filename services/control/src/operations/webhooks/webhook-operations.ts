import type { Operation } from "../../operation.ts";
import { deleteWebhook, updateWebhook } from "./change-webhook.ts";
import { createWebhook } from "./create-webhook.ts";
import { getWebhook, listWebhookDeliveries, listWebhooks } from "./read-webhooks.ts";
import { redeliver, testWebhook } from "./send-webhook.ts";

export const webhookOperations: readonly Operation[] = [
  listWebhooks,
  createWebhook,
  getWebhook,
  updateWebhook,
  deleteWebhook,
  testWebhook,
  listWebhookDeliveries,
  redeliver,
];
