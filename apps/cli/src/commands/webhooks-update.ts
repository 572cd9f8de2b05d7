import { toDisplayText } from "@cmdop/base";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { givenFields } from "../given-fields.ts";
import { ifMatch } from "../if-match.ts";
import { printRecord } from "../output/record.ts";
import { toYesNo } from "../yes-no.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [webhook = ""],
    control,
    fleet,
    options,
    signal,
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
  const client = await control();
  const path = { fleet: await fleet(), webhook };
  const { data: before } = await client.GET("/v1/fleets/{fleet}/webhooks/{webhook}", {
    params: { path },
    signal,
  });
  if (!before) return exitCodes.failed;
  const { data } = await client.PATCH("/v1/fleets/{fleet}/webhooks/{webhook}", {
    params: { path },
    headers: ifMatch(before),
    body,
    signal,
  });
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
