import { Failure } from "@cmdop/base";
import type { Selectable } from "kysely";
import type { Reader } from "../schema.ts";
import type { WebhookTable } from "../tables/webhook-tables.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

export type WebhookRow = Selectable<WebhookTable>;

/** A fleet's id; null: the installation. */
export type WebhookOwner = string | null;

/** By id or name. */
export const findWebhook = async (db: Reader, owner: WebhookOwner, webhook: string): Promise<WebhookRow> => {
  const rows = await db
    .selectFrom("webhooks")
    .selectAll()
    .where("fleet_id", "is not distinct from", owner)
    .where((is) => is.or([is("id", "=", webhook), is("name", "=", webhook)]))
    .execute();
  const row = rows.find(({ id }) => id === webhook) ?? rows[0];
  if (!row) throw new Failure("not_found", "There is no such webhook here.");
  return row;
};

/** What still waits for a webhook that takes nothing more. */
export const dropWaiting = ({ db, now }: WriteTransaction, webhookId: string) =>
  db
    .updateTable("webhook_deliveries")
    .set({ state: "failed", error: "the webhook was disabled", finished_at: now })
    .where("webhook_id", "=", webhookId)
    .where("state", "=", "waiting")
    .execute();

/** Entries that it wants no more. Those that it did not take are in the log. */
export const dropWaitingEntries = ({ db, now }: WriteTransaction, webhookId: string) =>
  db
    .updateTable("webhook_deliveries")
    .set({ state: "failed", error: "audit entries are not wanted any more", finished_at: now })
    .where("webhook_id", "=", webhookId)
    .where("state", "=", "waiting")
    .where("audit_through", "is not", null)
    .execute();

/** Its secret is sealed for it alone. */
export const webhookSecretContext = (webhookId: string): string => `webhook:${webhookId}`;
