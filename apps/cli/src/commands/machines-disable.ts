import { confirmOrThrow } from "../confirm.ts";
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
  await confirmOrThrow(context, {
    effect: "This shuts the machine out until it is enabled; what runs on it runs on.",
    question: `Shut ${machine} out?`,
  });
  const client = await control();
  const path = { fleet: await fleet(), machine };
  const { data } = await client.POST("/v1/fleets/{fleet}/machines/{machine}/disable", {
    params: { path },
    signal,
  });
  if (data) await printMachine(context, data);
  return exitCodes.done;
};
