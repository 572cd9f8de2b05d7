import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { confirmOrThrow } from "../input/confirm.ts";
import { openWebhooksPlace } from "../webhooks-place.ts";

export const run = async (context: Context): Promise<number> => {
  const [webhook = ""] = context.arguments;
  await confirmOrThrow(context, {
    effect: "This removes the webhook, what waits for it, and its log.",
    question: `Remove ${webhook}, what waits for it, and its log?`,
  });
  const place = await openWebhooksPlace(context);
  await place.remove(webhook);
  context.print.note(`${webhook} is removed.`);
  return exitCodes.done;
};
