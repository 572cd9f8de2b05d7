import { confirmOrThrow } from "../confirm.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [machine = ""],
    control,
    fleet,
    print,
    signal,
  } = context;
  await confirmOrThrow(context, {
    effect: "This ends the machine's link and forgets its key; it can only join anew.",
    question: `Remove ${machine}?`,
  });
  const client = await control();
  const path = { fleet: await fleet(), machine };
  await client.DELETE("/v1/fleets/{fleet}/machines/{machine}", { params: { path }, signal });
  print.note("Removed.");
  return exitCodes.done;
};
