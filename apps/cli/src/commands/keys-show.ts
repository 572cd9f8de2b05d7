import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { printKey } from "../output/key-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [key = ""],
    control,
    fleet,
    signal,
  } = context;
  const client = await control();
  const { data } = await client.GET("/v1/fleets/{fleet}/keys/{key}", {
    params: { path: { fleet: await fleet(), key } },
    signal,
  });
  if (data) await printKey(context, data);
  return exitCodes.done;
};
