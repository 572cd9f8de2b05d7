import { confirmOrThrow } from "../confirm.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [schedule = ""],
    control,
    fleet,
    print,
    signal,
  } = context;
  await confirmOrThrow(context, {
    effect: "This removes the schedule and ends what it runs.",
    question: `Remove ${schedule} and end what it runs?`,
  });
  const client = await control();
  await client.DELETE("/v1/fleets/{fleet}/schedules/{schedule}", {
    params: { path: { fleet: await fleet(), schedule } },
    signal,
  });
  print.note(`${schedule} is removed.`);
  return exitCodes.done;
};
