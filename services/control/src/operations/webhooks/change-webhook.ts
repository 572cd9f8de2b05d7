import { Failure } from "@cmdop/base";
import { auditTopic } from "../../core/webhooks/webhook-policy.ts";
import { assertVersion, writeOperation } from "../../operation.ts";
import { readAuditHead } from "../../store/audit/checkpoints.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { dropWaiting, dropWaitingEntries, findWebhook } from "../../store/webhooks/webhooks.ts";
import { authorizeEntries, fleetOf, type WebhookPlace } from "./webhook-places.ts";
import { assertDeliverable } from "./webhook-target.ts";
import { toWebhook, webhookSchema } from "./webhook-view.ts";

const tag = "Webhooks";

export const updateWebhookAt = (place: WebhookPlace) =>
  writeOperation({
    id: place.idOf("update", "Webhook"),
    method: "PATCH",
    path: `${place.path}/{webhook}`,
    tag,
    summary:
      place.whose === "fleet's" ? "Change, disable or enable a webhook" : "Change one of the installation's",
    description:
      "Disabling drops what waits; entries of the audit log wait in the log. The secret stays: another one is another " +
      "webhook.",
    access: place.manageAccess,
    params: place.webhookParams,
    body: place.changes,
    answers: { 200: webhookSchema },
    handle: async ({ params, body, tx, ifMatch, services, ...call }) => {
      const owner = place.ownerOf(call);
      if (body.url !== undefined) assertDeliverable(body.url, services.webhookRanges);
      const before = await findWebhook(tx.db, owner, params.webhook);
      const topics = body.topics ?? before.topics;
      authorizeEntries(call, owner, topics);
      assertVersion(before, ifMatch);
      const isFollowing = topics.includes(auditTopic);
      const head = isFollowing ? (await readAuditHead(tx.db)).seq : null;
      const row = await tx.db
        .updateTable("webhooks")
        .set((set) => ({
          name: body.name ?? before.name,
          url: body.url ?? before.url,
          topics,
          // From now on, or on from where it is.
          audit_after: isFollowing ? (before.audit_after ?? head) : null,
          ...(body.isEnabled === true
            ? { disabled_at: null, disabled_reason: null, failing_since: null }
            : {}),
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
      if (!isFollowing) await dropWaitingEntries(tx, row.id);
      tx.audit({
        action: "webhook.update",
        ...fleetOf(owner),
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

export const deleteWebhookAt = (place: WebhookPlace) =>
  writeOperation({
    id: place.idOf("delete", "Webhook"),
    method: "DELETE",
    path: `${place.path}/{webhook}`,
    tag,
    summary:
      place.whose === "fleet's"
        ? "Remove a webhook, what waits for it, and its log"
        : "Remove one of the installation's, what waits for it, and its log",
    access: place.manageAccess,
    params: place.webhookParams,
    answers: { 204: null },
    handle: async ({ params, tx, ...call }) => {
      const owner = place.ownerOf(call);
      const row = await findWebhook(tx.db, owner, params.webhook);
      await tx.db.deleteFrom("webhooks").where("id", "=", row.id).execute();
      tx.audit({
        action: "webhook.delete",
        ...fleetOf(owner),
        target: { kind: "webhook", id: row.id },
        body: { name: row.name },
      });
      return { status: 204 };
    },
  });
