import { Failure, newId, randomBase62 } from "@cmdop/base";
import { z } from "zod";
import { webhooksPerFleetMax } from "../../core/webhooks/webhook-policy.ts";
import { requireMembership, writeOperation } from "../../operation.ts";
import { fleetParams } from "../../store/membership/fleet-params.ts";
import { isUniqueViolation } from "../../store/violations.ts";
import { webhookSecretContext } from "../../store/webhooks/webhooks.ts";
import { assertDeliverable } from "./webhook-target.ts";
import { newWebhookSchema, toWebhook, webhookFields } from "./webhook-view.ts";

const secretChars = 43;

export const createWebhook = writeOperation({
  id: "createWebhook",
  method: "POST",
  path: "/v1/fleets/{fleet}/webhooks",
  tag: "Webhooks",
  summary: "Have another service told of what happens",
  access: { kind: "fleet", right: "webhooks:manage" },
  hasSecret: true,
  params: fleetParams,
  body: z.object(webhookFields),
  answers: { 201: newWebhookSchema },
  handle: async ({ body, tx, services, ...call }) => {
    const { fleetId } = requireMembership(call);
    assertDeliverable(body.url, services.webhookRanges);
    const { count } = await tx.db
      .selectFrom("webhooks")
      .select((found) => found.fn.countAll<number>().as("count"))
      .where("fleet_id", "=", fleetId)
      .executeTakeFirstOrThrow();
    if (count >= webhooksPerFleetMax) {
      throw new Failure("limit_reached", `A fleet has at most ${webhooksPerFleetMax} webhooks.`);
    }
    const id = newId("whk", services.random);
    const secret = `cmdop_whs_${randomBase62(secretChars, services.random)}`;
    const row = await tx.db
      .insertInto("webhooks")
      .values({
        id,
        fleet_id: fleetId,
        name: body.name,
        url: body.url,
        topics: body.topics,
        secret: services.sealer.seal(secret, webhookSecretContext(id)),
        created_at: tx.now,
        created_by: tx.actor.id,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new Failure("name_taken") : error;
      });
    tx.audit({
      action: "webhook.create",
      fleet: fleetId,
      target: { kind: "webhook", id },
      body: { name: row.name, host: new URL(row.url).host, topics: row.topics },
    });
    return { status: 201, body: { ...toWebhook(row), secret }, version: row.version };
  },
});
