import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { printFleet } from "../output/fleet-text.ts";

export const run = async (context: Context): Promise<number> => {
  const { arguments: given, control, fleet, signal } = context;
  const client = await control();
  const { data } = await client.GET("/v1/fleets/{fleet}", {
    params: { path: { fleet: given[0] ?? (await fleet()) } },
    signal,
  });
  if (data) await printFleet(context, data);
  return exitCodes.done;
};
