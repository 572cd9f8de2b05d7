import type { Selectable } from "kysely";
import { z } from "zod";
import { topicPattern } from "../../core/webhooks/webhook-policy.ts";
import type { WebhookDeliveryTable } from "../../store/tables/webhook-tables.ts";
import type { WebhookRow } from "../../store/webhooks/webhooks.ts";

export const webhookFields = {
  name: z.string().regex(/^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/, "a lowercase name is expected"),
  url: z
    .url({ protocol: /^https?$/, error: "an address such as https://example.org/hook is expected" })
    .max(2048)
    .refine((text) => !/^\w+:\/\/[^/]*@/.test(text), "an address without a password is expected")
    .describe("https; plain http only to a private address that the installation allows"),
  topics: z
    .array(z.string().regex(topicPattern, "a topic such as session.end, session.* or * is expected"))
    .min(1)
    .max(32)
    .describe(
      "Actions of the audit log (`session.end`), all of a resource (`session.*`), or `*`; `audit.entry`: its entries, denials too",
    ),
} as const;

export const webhookSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    topics: z.array(z.string()),
    isEnabled: z.boolean(),
    disabledReason: z.string().nullable(),
    failingSince: z.iso.datetime().nullable().describe("Since when nothing was delivered"),
    dropped: z.number().int().describe("Events that found too many waiting"),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    version: z.number().int(),
  })
  .meta({ id: "Webhook" });

export const newWebhookSchema = webhookSchema
  .extend({ secret: z.string().describe("Shown once") })
  .meta({ id: "NewWebhook" });

export const toWebhook = (row: WebhookRow): z.input<typeof webhookSchema> => ({
  id: row.id,
  name: row.name,
  url: row.url,
  topics: row.topics,
  isEnabled: row.disabled_at === null,
  disabledReason: row.disabled_reason,
  failingSince: row.failing_since?.toISOString() ?? null,
  dropped: row.dropped,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  version: row.version,
});

const deliveryState = z.enum(["waiting", "delivered", "failed"]);

export const deliverySchema = z
  .object({
    id: z.string(),
    type: z.string(),
    state: deliveryState,
    attempts: z.number().int(),
    createdAt: z.iso.datetime(),
    nextAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    status: z.number().int().nullable().describe("HTTP status of the last try"),
    error: z.string().nullable().describe("Why the last try had none"),
    durationMs: z.number().int().nullable(),
    body: z.string().describe("What is signed and sent"),
  })
  .meta({ id: "WebhookDelivery" });

export const toDelivery = (row: Selectable<WebhookDeliveryTable>): z.input<typeof deliverySchema> => ({
  id: row.id,
  type: row.type,
  state: deliveryState.parse(row.state),
  attempts: row.attempts,
  createdAt: row.created_at.toISOString(),
  nextAt: row.state === "waiting" ? row.next_at.toISOString() : null,
  finishedAt: row.finished_at?.toISOString() ?? null,
  status: row.status,
  error: row.error,
  durationMs: row.duration_ms,
  body: row.body,
});
