import { confirmOrThrow } from "../confirm.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [webhook = ""],
    control,
    fleet,
    print,
    signal,
  } = context;
  await confirmOrThrow(context, {
    effect: "This removes the webhook, what waits for it, and its log.",
    question: `Remove ${webhook}, what waits for it, and its log?`,
  });
  const client = await control();
  await client.DELETE("/v1/fleets/{fleet}/webhooks/{webhook}", {
    params: { path: { fleet: await fleet(), webhook } },
    signal,
  });
  print.note(`${webhook} is removed.`);
  return exitCodes.done;
};
