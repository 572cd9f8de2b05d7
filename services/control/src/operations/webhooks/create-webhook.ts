import { Failure, newId, randomBase62 } from "@cmdop/base";
import { auditTopic, webhooksPerFleetMax } from "../../core/webhooks/webhook-policy.ts";
import { writeOperation } from "../../operation.ts";
import { readAuditHead } from "../../store/audit/checkpoints.ts";
import { assertRoom } from "../../store/turns.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { webhookSecretContext } from "../../store/webhooks/webhooks.ts";
import { authorizeEntries, fleetOf, type WebhookPlace } from "./webhook-places.ts";
import { assertDeliverable } from "./webhook-target.ts";
import { newWebhookSchema, toWebhook } from "./webhook-view.ts";

const secretChars = 43;

export const createWebhookAt = (place: WebhookPlace) =>
  writeOperation({
    id: place.idOf("create", "Webhook"),
    method: "POST",
    path: place.path,
    tag: "Webhooks",
    summary:
      place.whose === "fleet's"
        ? "Have another service told of what happens"
        : "Have another service told of every entry of the audit log",
    access: place.manageAccess,
    hasSecret: true,
    params: place.params,
    body: place.body,
    answers: { 201: newWebhookSchema },
    handle: async ({ body, tx, services, ...call }) => {
      const owner = place.ownerOf(call);
      authorizeEntries(call, owner, body.topics);
      assertDeliverable(body.url, services.webhookRanges);
      await assertRoom(tx.db, {
        turn: `webhooks of ${owner ?? "the installation"}`,
        rows: tx.db
          .selectFrom("webhooks")
          .select((found) => found.fn.countAll<number>().as("count"))
          .where("fleet_id", "is not distinct from", owner),
        max: webhooksPerFleetMax,
        full: `${owner === null ? "The installation" : "A fleet"} has at most ${webhooksPerFleetMax} webhooks.`,
      });
      const id = newId("whk", services.random);
      const secret = `cmdop_whs_${randomBase62(secretChars, services.random)}`;
      const row = await tx.db
        .insertInto("webhooks")
        .values({
          id,
          fleet_id: owner,
          name: body.name,
          url: body.url,
          topics: body.topics,
          secret: services.sealer.seal(secret, webhookSecretContext(id)),
          created_at: tx.now,
          created_by: tx.actor.id,
          audit_after: body.topics.includes(auditTopic) ? (await readAuditHead(tx.db)).seq : null,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
        .catch((error: unknown) => {
          throw isUniqueViolation(error) ? new Failure("name_taken") : error;
        });
      tx.audit({
        action: "webhook.create",
        ...fleetOf(owner),
        target: { kind: "webhook", id },
        body: { name: row.name, host: new URL(row.url).host, topics: row.topics },
      });
      return { status: 201, body: { ...toWebhook(row), secret }, version: row.version };
    },
  });
