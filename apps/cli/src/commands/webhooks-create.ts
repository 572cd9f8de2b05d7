import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { openWebhooksPlace } from "../webhooks-place.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name = "", url = ""],
    options,
    print,
  } = context;
  const topics = options.list("topic");
  const place = await openWebhooksPlace(context);
  const { data } = await place.create({
    name,
    url,
    topics: topics.length > 0 ? [...topics] : place.topics,
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else {
    print.note("The secret that signs, shown this once:");
    await print.line(data.secret);
  }
  return exitCodes.done;
};
