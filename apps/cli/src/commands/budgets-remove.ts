import { confirmOrThrow } from "../confirm.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [budget = ""],
    control,
    fleet,
    print,
    signal,
  } = context;
  await confirmOrThrow(context, {
    effect: "This takes the budget away: what it limited is limited no more.",
    question: `Remove the budget ${budget}?`,
  });
  const client = await control();
  await client.DELETE("/v1/fleets/{fleet}/budgets/{budget}", {
    params: { path: { fleet: await fleet(), budget } },
    signal,
  });
  print.note(`${budget} is removed.`);
  return exitCodes.done;
};
