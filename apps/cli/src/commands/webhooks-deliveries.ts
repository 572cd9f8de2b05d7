import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { choiceOf } from "../options/choice-option.ts";
import { deliveryStates } from "../options/listed-states.ts";
import type { Column } from "../output/table.ts";
import { timeColumn } from "../output/time-column.ts";
import { openWebhooksPlace } from "../webhooks-place.ts";

type Delivery = ControlSchemas["WebhookDelivery"];

const columns: readonly Column<Delivery>[] = [
  timeColumn("AT", (delivery) => delivery.createdAt),
  { header: "TYPE", value: (delivery) => delivery.type, isWhole: true },
  { header: "STATE", value: (delivery) => delivery.state, isWhole: true },
  { header: "TRIES", value: (delivery) => String(delivery.attempts), isWhole: true },
  { header: "ANSWER", value: ({ status, error }) => error ?? (status === null ? "-" : String(status)) },
  timeColumn("NEXT", (delivery) => delivery.nextAt),
  { header: "ID", value: (delivery) => delivery.id, isWhole: true },
];

const limitDefault = 50;

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [webhook = ""],
    options,
    print,
  } = context;
  const state = choiceOf(options, "state", deliveryStates);
  const place = await openWebhooksPlace(context);
  const { data } = await place.deliveries(webhook, {
    limit: options.number("limit") ?? limitDefault,
    ...(state === undefined ? {} : { state }),
  });
  await print.list(data?.items ?? [], columns, {
    toJson: (delivery) => delivery,
    id: (delivery) => delivery.id,
    emptyNote: "Nothing was sent yet.",
  });
  return exitCodes.done;
};
