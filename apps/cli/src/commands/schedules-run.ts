import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { printRun } from "../output/schedule-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [schedule = ""],
    control,
    fleet,
    signal,
  } = context;
  const client = await control();
  const { data } = await client.POST("/v1/fleets/{fleet}/schedules/{schedule}/run", {
    params: { path: { fleet: await fleet(), schedule } },
    signal,
  });
  if (data) await printRun(context, data);
  return exitCodes.done;
};
