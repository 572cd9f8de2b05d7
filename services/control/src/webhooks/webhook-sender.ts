// Sends what waits. Deliveries are at least once: one whose answer was lost, or whose process died, is sent again with
// the same id. Several control planes take different ones.
//
// W1 A webhook that is slow or away holds no other one up: so many of each at once, each with a deadline.
// W2 Nothing of the answer is kept but its status.
import type { Clock } from "@cmdop/base";
import { sql } from "kysely";
import {
  nextAttemptMs,
  nextAuditAttemptMs,
  webhookDeliveriesKeptMs,
  webhookFailingMaxMs,
  webhookInFlightMax,
  webhookLeaseMs,
  webhooksInFlightMax,
} from "../core/webhooks/webhook-policy.ts";
import type { Sealer, WebhookPost } from "../ports.ts";
import { repeat } from "../repeat.ts";
import type { ControlDatabase } from "../store/schema.ts";
import type { UnitOfWork } from "../store/unit-of-work.ts";
import { addAuditDeliveries } from "../store/webhooks/audit-deliveries.ts";
import { webhooksChannel } from "../store/webhooks/enqueue-deliveries.ts";
import { dropWaiting, webhookSecretContext } from "../store/webhooks/webhooks.ts";

export interface WebhookSender {
  close(): Promise<void>;
}

export interface WebhookSenderOptions {
  readonly database: ControlDatabase;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly post: WebhookPost;
  readonly failed: (cause: unknown) => void;
}

interface Claimed {
  readonly id: string;
  readonly webhookId: string;
  readonly fleetId: string | null;
  readonly auditThrough: number | null;
  readonly attempts: number;
  readonly body: string;
  readonly url: string;
  readonly secret: string;
}

const lookEveryMs = 5_000;
const pruneEveryMs = 3_600_000;
const actor = { kind: "system", id: "webhooks" } as const;
const origin = { requestId: "webhooks" };

export const openWebhookSender = async (options: WebhookSenderOptions): Promise<WebhookSender> => {
  const { database, unitOfWork, clock, sealer, post, failed } = options;
  const inFlight = new Map<string, number>();
  const running = new Set<Promise<void>>();
  const stop = new AbortController();
  let prunedAtMs = clock.nowMs();

  const claim = (): Promise<readonly Claimed[]> =>
    unitOfWork.record(actor, origin, async (tx) => {
      const full = [...inFlight].filter(([, count]) => count >= webhookInFlightMax).map(([id]) => id);
      const due = await tx.db
        .selectFrom("webhook_deliveries")
        .select("webhook_id")
        .distinct()
        .where("state", "=", "waiting")
        .where("next_at", "<=", tx.now)
        .where("webhook_id", "not in", [...full, ""])
        .limit(webhooksInFlightMax)
        .execute();
      const claimed: Claimed[] = [];
      for (const { webhook_id } of due) {
        const room = Math.min(
          webhookInFlightMax - (inFlight.get(webhook_id) ?? 0),
          webhooksInFlightMax - running.size - claimed.length,
        );
        if (room <= 0) continue;
        const rows = await tx.db
          .updateTable("webhook_deliveries")
          .from("webhooks")
          .set((set) => ({
            attempts: set("webhook_deliveries.attempts", "+", 1),
            next_at: new Date(tx.nowMs + webhookLeaseMs),
          }))
          .whereRef("webhooks.id", "=", "webhook_deliveries.webhook_id")
          .where("webhook_deliveries.id", "in", (waiting) =>
            waiting
              .selectFrom("webhook_deliveries as due")
              .select("due.id")
              .where("due.webhook_id", "=", webhook_id)
              .where("due.state", "=", "waiting")
              .where("due.next_at", "<=", tx.now)
              .orderBy("due.next_at")
              .limit(room)
              .forUpdate()
              .skipLocked(),
          )
          .returning([
            "webhook_deliveries.id as id",
            "webhook_deliveries.webhook_id as webhookId",
            "webhook_deliveries.fleet_id as fleetId",
            "webhook_deliveries.audit_through as auditThrough",
            "webhook_deliveries.attempts as attempts",
            "webhook_deliveries.body as body",
            "webhooks.url as url",
            "webhooks.secret as secret",
          ])
          .execute();
        claimed.push(...rows);
      }
      return claimed;
    });

  const deliver = async (delivery: Claimed): Promise<void> => {
    const startMs = clock.nowMs();
    const secret = sealer.open(delivery.secret, webhookSecretContext(delivery.webhookId));
    const outcome =
      secret === undefined
        ? { kind: "failed" as const, error: "the secret cannot be opened" }
        : await post({
            url: delivery.url,
            id: delivery.id,
            body: delivery.body,
            secret,
            timestampS: Math.floor(clock.wallMs() / 1000),
            signal: stop.signal,
          });
    // Not tried to its end: the lease gives it back.
    if (stop.signal.aborted) return;
    await settle(delivery, outcome, Math.round(clock.nowMs() - startMs));
  };

  const settle = async (
    delivery: Claimed,
    outcome: Awaited<ReturnType<WebhookPost>>,
    durationMs: number,
  ): Promise<void> => {
    const isDelivered = outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300;
    const { attempts, auditThrough } = delivery;
    const next = auditThrough === null ? nextAttemptMs : nextAuditAttemptMs;
    const retryMs = isDelivered ? undefined : next(attempts);
    const isOver = await unitOfWork.record(actor, origin, async (tx) => {
      await tx.db
        .updateTable("webhook_deliveries")
        .set({
          state: isDelivered ? "delivered" : retryMs === undefined ? "failed" : "waiting",
          status: outcome.kind === "answered" ? outcome.status : null,
          error: outcome.kind === "failed" ? outcome.error : null,
          duration_ms: durationMs,
          ...(retryMs === undefined
            ? { finished_at: tx.now }
            : { next_at: new Date(tx.nowMs + retryMs), finished_at: null }),
        })
        .where("id", "=", delivery.id)
        // Given up meanwhile, by whoever disabled the webhook, or in another one's hands: not ours to say.
        .where("state", "=", "waiting")
        .where("attempts", "=", attempts)
        .execute();
      const webhook = tx.db.updateTable("webhooks").where("id", "=", delivery.webhookId);
      if (isDelivered) {
        if (auditThrough !== null) {
          await webhook
            .set({ audit_after: sql`greatest(audit_after, ${auditThrough})` })
            .where("audit_after", "is not", null)
            .execute();
        }
        await webhook.set({ failing_since: null }).where("failing_since", "is not", null).execute();
        return false;
      }
      await webhook.set({ failing_since: tx.now }).where("failing_since", "is", null).execute();
      return nextAttemptMs(attempts) === undefined;
    });
    if (isOver) await disableWhenDead(delivery);
  };

  const disableWhenDead = (delivery: Claimed): Promise<unknown> =>
    unitOfWork.writeOrReplay(
      delivery.fleetId === null ? "all" : [delivery.fleetId],
      actor,
      origin,
      async (tx) => {
        const row = await tx.db
          .updateTable("webhooks")
          .set((set) => ({
            disabled_at: tx.now,
            disabled_reason: "nothing was delivered for days",
            version: set("version", "+", 1),
          }))
          .where("id", "=", delivery.webhookId)
          .where("disabled_at", "is", null)
          .where("failing_since", "<=", new Date(tx.nowMs - webhookFailingMaxMs))
          .returning(["id", "name"])
          .executeTakeFirst();
        if (!row) return { kind: "replay", result: undefined };
        await dropWaiting(tx, row.id);
        tx.audit({
          action: "webhook.disable",
          ...(delivery.fleetId === null ? {} : { fleet: delivery.fleetId }),
          target: { kind: "webhook", id: row.id },
          body: { name: row.name, reason: "nothing was delivered for days" },
        });
        return { kind: "done", result: undefined };
      },
    );

  const start = (delivery: Claimed): void => {
    inFlight.set(delivery.webhookId, (inFlight.get(delivery.webhookId) ?? 0) + 1);
    const work = deliver(delivery)
      .catch(failed)
      .finally(() => {
        running.delete(work);
        const left = (inFlight.get(delivery.webhookId) ?? 1) - 1;
        if (left > 0) inFlight.set(delivery.webhookId, left);
        else inFlight.delete(delivery.webhookId);
        void looking.wake();
      });
    running.add(work);
  };

  const prune = async (): Promise<void> => {
    if (clock.nowMs() - prunedAtMs < pruneEveryMs) return;
    prunedAtMs = clock.nowMs();
    await unitOfWork.record(actor, origin, (tx) =>
      tx.db
        .deleteFrom("webhook_deliveries")
        .where("finished_at", "<", new Date(tx.nowMs - webhookDeliveriesKeptMs))
        .execute(),
    );
  };

  const look = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      if (running.size >= webhooksInFlightMax) return;
      await unitOfWork.record(actor, origin, addAuditDeliveries);
      const claimed = await claim();
      if (claimed.length === 0) break;
      for (const delivery of claimed) start(delivery);
    }
    await prune();
  };

  const looking = repeat({ clock, everyMs: lookEveryMs, pass: look, failed });
  const stopListening = await database.listen(webhooksChannel, () => void looking.wake());
  void looking.wake();
  return {
    close: async () => {
      stop.abort();
      await looking.close();
      await stopListening();
      await Promise.all(running);
    },
  };
};
