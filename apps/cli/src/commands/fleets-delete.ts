import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { confirmOrThrow } from "../input/confirm.ts";
import { printFleet } from "../output/fleet-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [fleet = ""],
    control,
    print,
    signal,
  } = context;
  await confirmOrThrow(context, {
    effect: "This ends the fleet for everybody in it, at once.",
    question: `End ${fleet} for everybody in it, and what runs there?`,
  });
  const client = await control();
  const { data } = await client.DELETE("/v1/fleets/{fleet}", { params: { path: { fleet } }, signal });
  if (data) {
    await printFleet(context, data);
    if (!print.isJson)
      print.note(`Until ${data.deleteAfter} it can be taken back: cmdop fleets restore ${data.slug}`);
  }
  return exitCodes.done;
};
