import { toDisplayText } from "@cmdop/base";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { ifMatch } from "../if-match.ts";
import { givenFields } from "../options/given-fields.ts";
import { toYesNo } from "../options/yes-no.ts";
import { printRecord } from "../output/record.ts";
import { openWebhooksPlace } from "../webhooks-place.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [webhook = ""],
    options,
  } = context;
  const topics = options.list("topic");
  const body = givenFields(
    {
      name: options.text("name"),
      url: options.text("url"),
      topics: topics.length === 0 ? undefined : [...topics],
      isEnabled: toYesNo(options.text("enabled")),
    },
    "webhooks update",
  );
  const place = await openWebhooksPlace(context);
  const { data: before } = await place.get(webhook);
  if (!before) return exitCodes.failed;
  const { data } = await place.update(webhook, ifMatch(before), body);
  if (data) {
    await printRecord(context, data, [
      ["name", data.name],
      ["to", toDisplayText(data.url, 200)],
      ["topics", data.topics.join(" ")],
      ["state", data.isEnabled ? "enabled" : "disabled"],
      ["id", data.id],
    ]);
  }
  return exitCodes.done;
};
