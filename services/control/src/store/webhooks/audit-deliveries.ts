// Audit entries for the webhooks that want them: read from the log, in its order, many in one delivery, the next when
// the last was taken. So a flood of entries waits where it is anyway, and the deliveries are few.
//
// A1 Each delivery says after which entry it begins: what a receiver does not find there, it was not sent.
// A2 One delivery of entries waits for each webhook; one that is over moves the webhook on when it was taken, only then.
import { formatCanonicalEntryLine } from "@cmdop/audit";
import { newId } from "@cmdop/base";
import {
  auditDeliveriesKeptMax,
  auditDeliveryBytesMax,
  auditEntriesPerDelivery,
  auditTopic,
} from "../../core/webhooks/webhook-policy.ts";
import { entriesAfter, type StoredEntry } from "../audit/audit-entries.ts";
import { removedHead } from "../audit/audit-segments.ts";
import type { WriteTransaction } from "../unit-of-work.ts";
import type { WebhookOwner } from "./webhooks.ts";

interface Follower {
  readonly id: string;
  readonly owner: WebhookOwner;
  readonly after: number;
}

/** Makes the next delivery for each webhook that has taken its last one and has entries to come. */
export const addAuditDeliveries = async (tx: WriteTransaction): Promise<void> => {
  const rows = await tx.db
    .selectFrom("webhooks")
    .select(["id", "fleet_id as owner", "audit_after as after"])
    .where("audit_after", "is not", null)
    .where("disabled_at", "is", null)
    .execute();
  for (const { id, owner, after } of rows) if (after !== null) await addNext(tx, { id, owner, after });
};

const addNext = async (tx: WriteTransaction, webhook: Follower): Promise<void> => {
  const { db } = tx;
  const entries = await entriesAfter(db, webhook.owner === null ? {} : { fleetId: webhook.owner }, {
    after: webhook.after,
    upTo: Number.MAX_SAFE_INTEGER,
    limit: auditEntriesPerDelivery,
  });
  if (entries.length === 0 || !(await hasItsTurn(tx, webhook))) return;
  const removed = await removedHead(db);
  const lines = withinBytes(entries);
  const through = entries[lines.length - 1]?.seq ?? webhook.after;
  const id = newId("whd");
  await db
    .insertInto("webhook_deliveries")
    .values({
      id,
      webhook_id: webhook.id,
      fleet_id: webhook.owner,
      type: auditTopic,
      body: bodyOf({ id, webhook, lines, through, at: tx.now, removedTo: removed?.seq ?? 0 }),
      created_at: tx.now,
      state: "waiting",
      next_at: tx.now,
      audit_through: through,
    })
    .execute();
  await removeOldest(tx, webhook.id);
};

/** Under the webhook's lock, which another control plane may hold that does the same. */
const hasItsTurn = async ({ db }: WriteTransaction, { id, after }: Follower): Promise<boolean> => {
  const locked = await db
    .selectFrom("webhooks")
    .select("id")
    .where("id", "=", id)
    .where("audit_after", "=", after)
    .where("disabled_at", "is", null)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (!locked) return false;
  // A statement of its own: it sees what the last holder of the lock committed.
  const waiting = await db
    .selectFrom("webhook_deliveries")
    .select("id")
    .where("webhook_id", "=", id)
    .where("state", "=", "waiting")
    .where("audit_through", "is not", null)
    .executeTakeFirst();
  return waiting === undefined;
};

const withinBytes = (entries: readonly StoredEntry[]): readonly string[] => {
  const lines: string[] = [];
  let bytes = 0;
  for (const { canonical, hash } of entries) {
    const line = formatCanonicalEntryLine(canonical, hash);
    bytes += Buffer.byteLength(line);
    if (lines.length > 0 && bytes > auditDeliveryBytesMax) break;
    lines.push(line);
  }
  return lines;
};

const bodyOf = (delivery: {
  readonly id: string;
  readonly webhook: Follower;
  readonly lines: readonly string[];
  readonly through: number;
  readonly at: Date;
  readonly removedTo: number;
}): string => {
  const { id, webhook, lines, through, at, removedTo } = delivery;
  const { owner: fleet, after } = webhook;
  const actor = { kind: "system", id: "webhooks" };
  const data = { after, through, ...(removedTo > after ? { archivedThrough: removedTo } : {}) };
  const head = JSON.stringify({ id, type: auditTopic, at: at.toISOString(), fleet, actor, data });
  // Entries go in as the texts that were hashed, not as what a parser makes of them.
  return `${head.slice(0, -2)},"entries":[${lines.join(",")}]}}`;
};

const removeOldest = async ({ db }: WriteTransaction, webhookId: string): Promise<void> => {
  const newestTooMany = await db
    .selectFrom("webhook_deliveries")
    .select("audit_through")
    .where("webhook_id", "=", webhookId)
    .where("audit_through", "is not", null)
    .where("state", "!=", "waiting")
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .offset(auditDeliveriesKeptMax)
    .limit(1)
    .executeTakeFirst();
  if (newestTooMany?.audit_through == null) return;
  await db
    .deleteFrom("webhook_deliveries")
    .where("webhook_id", "=", webhookId)
    .where("state", "!=", "waiting")
    .where("audit_through", "<=", newestTooMany.audit_through)
    .execute();
};
