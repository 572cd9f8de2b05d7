import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { printFleet } from "../output/fleet-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [fleet = ""],
    control,
    signal,
  } = context;
  const client = await control();
  const { data } = await client.POST("/v1/fleets/{fleet}/restore", { params: { path: { fleet } }, signal });
  if (data) await printFleet(context, data);
  return exitCodes.done;
};
