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
  const client = await control();
  const { data } = await client.POST("/v1/fleets/{fleet}/webhooks/{webhook}/test", {
    params: { path: { fleet: await fleet(), webhook } },
    signal,
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else await print.line(data.id);
  print.note(`It is on its way. What came of it: cmdop webhooks deliveries ${webhook}`);
  return exitCodes.done;
};
