import { toDisplayText } from "@cmdop/base";
import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";
import { openWebhooksPlace } from "../webhooks-place.ts";

type Webhook = ControlSchemas["Webhook"];

const stateOf = ({ isEnabled, failingSince }: Webhook): string => {
  if (!isEnabled) return "disabled";
  return failingSince === null ? "ok" : "failing";
};

const columns: readonly Column<Webhook>[] = [
  { header: "NAME", value: (webhook) => webhook.name, isWhole: true },
  { header: "STATE", value: stateOf, isWhole: true },
  { header: "TOPICS", value: (webhook) => webhook.topics.join(" ") },
  { header: "URL", value: (webhook) => toDisplayText(webhook.url, 80) },
  { header: "ID", value: (webhook) => webhook.id, isWhole: true },
];

export const run = async (context: Context): Promise<number> => {
  const place = await openWebhooksPlace(context);
  const webhooks = await readAll<Webhook>((page) => place.list(page));
  const option = context.options.flag("installation") ? " --installation" : "";
  await context.print.list(webhooks, columns, {
    toJson: (webhook) => webhook,
    id: (webhook) => webhook.name,
    emptyNote: `There is no webhook. Type: cmdop webhooks create NAME URL${option}`,
  });
  return exitCodes.done;
};
