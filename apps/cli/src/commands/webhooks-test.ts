import type { Context } from "../context.ts";
import { openWebhooksPlace, showSent } from "../webhooks-place.ts";

export const run = async (context: Context): Promise<number> => {
  const [webhook = ""] = context.arguments;
  const place = await openWebhooksPlace(context);
  return await showSent(context, webhook, await place.test(webhook));
};
