import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { runColumns } from "../output/schedule-text.ts";

const countDefault = 20;

export const run = async ({
  arguments: [schedule],
  control,
  fleet,
  options,
  print,
  signal,
}: Context): Promise<number> => {
  const client = await control();
  const { data } = await client.GET("/v1/fleets/{fleet}/runs", {
    params: {
      path: { fleet: await fleet() },
      query: {
        limit: options.number("count") ?? countDefault,
        ...(schedule === undefined ? {} : { schedule }),
      },
    },
    signal,
  });
  await print.list(data?.items ?? [], runColumns, {
    toJson: (run) => run,
    id: (run) => run.id,
    emptyNote: "Nothing has run yet.",
  });
  return exitCodes.done;
};
