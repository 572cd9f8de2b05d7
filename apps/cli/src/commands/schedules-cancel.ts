import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { printRun } from "../output/schedule-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [id = ""],
    control,
    fleet,
    signal,
  } = context;
  const client = await control();
  const { data } = await client.POST("/v1/fleets/{fleet}/runs/{run}/cancel", {
    params: { path: { fleet: await fleet(), run: id } },
    signal,
  });
  if (data) await printRun(context, data);
  return exitCodes.done;
};
