import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name = "", url = ""],
    control,
    fleet,
    options,
    print,
    signal,
  } = context;
  const topics = options.list("topic");
  const client = await control();
  const { data } = await client.POST("/v1/fleets/{fleet}/webhooks", {
    params: { path: { fleet: await fleet() } },
    body: { name, url, topics: topics.length > 0 ? [...topics] : ["*"] },
    signal,
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else {
    print.note("The secret that signs, shown this once:");
    await print.line(data.secret);
  }
  return exitCodes.done;
};
