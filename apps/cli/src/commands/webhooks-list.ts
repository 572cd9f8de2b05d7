import { toDisplayText } from "@cmdop/base";
import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../output/table.ts";

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

export const run = async ({ control, fleet, print, signal }: Context): Promise<number> => {
  const client = await control();
  const path = { fleet: await fleet() };
  const webhooks = await readAll<Webhook>((page) =>
    client.GET("/v1/fleets/{fleet}/webhooks", { params: { path, query: page }, signal }),
  );
  await print.list(webhooks, columns, {
    toJson: (webhook) => webhook,
    id: (webhook) => webhook.name,
    emptyNote: "There is no webhook. Type: cmdop webhooks create NAME URL",
  });
  return exitCodes.done;
};
