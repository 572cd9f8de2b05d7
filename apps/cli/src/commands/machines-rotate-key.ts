import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { printMachine } from "../output/machine-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [machine = ""],
    control,
    fleet,
    signal,
  } = context;
  const client = await control();
  const path = { fleet: await fleet(), machine };
  const { data } = await client.POST("/v1/fleets/{fleet}/machines/{machine}/rotate-key", {
    params: { path },
    signal,
  });
  if (data) await printMachine(context, data);
  return exitCodes.done;
};
