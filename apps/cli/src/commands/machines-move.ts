import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { printMachine } from "../output/machine-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [machine = "", target = ""],
    control,
    fleet,
    signal,
  } = context;
  const client = await control();
  const { data } = await client.POST("/v1/fleets/{fleet}/machines/{machine}/move", {
    params: { path: { fleet: await fleet(), machine } },
    body: { fleet: target },
    signal,
  });
  if (data) await printMachine(context, data);
  return exitCodes.done;
};
