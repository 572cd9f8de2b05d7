import { Failure } from "@cmdop/base";
import { z } from "zod";
import { assertVersion, requireMembership, writeOperation } from "../../operation.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { dropWaiting, findWebhook } from "../../store/webhooks/webhooks.ts";
import { assertDeliverable } from "./webhook-target.ts";
import { toWebhook, webhookFields, webhookParams, webhookSchema } from "./webhook-view.ts";

const access = { kind: "fleet", right: "webhooks:manage" } as const;
const path = "/v1/fleets/{fleet}/webhooks/{webhook}";
const tag = "Webhooks";

export const updateWebhook = writeOperation({
  id: "updateWebhook",
  method: "PATCH",
  path,
  tag,
  summary: "Change, disable or enable a webhook",
  description: "Disabling drops what waits. The secret stays: another one is another webhook.",
  access,
  params: webhookParams,
  body: z.object({ ...webhookFields, isEnabled: z.boolean() }).partial(),
  answers: { 200: webhookSchema },
  handle: async ({ params, body, tx, ifMatch, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    if (body.url !== undefined) assertDeliverable(body.url, services.webhookRanges);
    const before = await findWebhook(tx.db, fleetId, params.webhook);
    assertVersion(before, ifMatch);
    const row = await tx.db
      .updateTable("webhooks")
      .set((set) => ({
        name: body.name ?? before.name,
        url: body.url ?? before.url,
        topics: body.topics ?? before.topics,
        ...(body.isEnabled === true ? { disabled_at: null, disabled_reason: null, failing_since: null } : {}),
        ...(body.isEnabled === false ? { disabled_at: tx.now, disabled_reason: "by hand" } : {}),
        version: set("version", "+", 1),
      }))
      .where("id", "=", before.id)
      .where("version", "=", before.version)
      .returningAll()
      .executeTakeFirst()
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new Failure("name_taken") : error;
      });
    if (!row) throw new Failure("precondition_failed");
    if (body.isEnabled === false) await dropWaiting(tx, row.id);
    tx.audit({
      action: "webhook.update",
      fleet: fleetId,
      target: { kind: "webhook", id: row.id },
      body: {
        name: row.name,
        host: new URL(row.url).host,
        topics: row.topics,
        isEnabled: row.disabled_at === null,
      },
    });
    return { status: 200, body: toWebhook(row), version: row.version };
  },
});

export const deleteWebhook = writeOperation({
  id: "deleteWebhook",
  method: "DELETE",
  path,
  tag,
  summary: "Remove a webhook, what waits for it, and its log",
  access,
  params: webhookParams,
  answers: { 204: null },
  handle: async ({ params, tx, ...call }) => {
    const { fleetId } = requireMembership(call);
    const row = await findWebhook(tx.db, fleetId, params.webhook);
    await tx.db.deleteFrom("webhooks").where("id", "=", row.id).execute();
    tx.audit({
      action: "webhook.delete",
      fleet: fleetId,
      target: { kind: "webhook", id: row.id },
      body: { name: row.name },
    });
    return { status: 204 };
  },
});
