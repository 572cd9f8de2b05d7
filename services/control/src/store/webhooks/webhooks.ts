import { Failure } from "@cmdop/base";
import type { Selectable } from "kysely";
import type { Reader } from "../schema.ts";
import type { WebhookTable } from "../tables/webhook-tables.ts";
import type { WriteTransaction } from "../unit-of-work.ts";

export type WebhookRow = Selectable<WebhookTable>;

/** By id or name. */
export const findWebhook = async (db: Reader, fleetId: string, webhook: string): Promise<WebhookRow> => {
  const rows = await db
    .selectFrom("webhooks")
    .selectAll()
    .where("fleet_id", "=", fleetId)
    .where((is) => is.or([is("id", "=", webhook), is("name", "=", webhook)]))
    .execute();
  const row = rows.find(({ id }) => id === webhook) ?? rows[0];
  if (!row) throw new Failure("not_found", "There is no such webhook in this fleet.");
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

/** Its secret is sealed for it alone. */
export const webhookSecretContext = (webhookId: string): string => `webhook:${webhookId}`;
