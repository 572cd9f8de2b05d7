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
  const path = { fleet: await fleet() };
  const { data } = await client.GET("/v1/fleets/{fleet}/runs", {
    params: {
      path,
      query: {
        limit: options.number("count") ?? countDefault,
        ...(schedule === undefined ? {} : { schedule }),
      },
    },
    signal,
  });
  if (schedule !== undefined && data?.items.length === 0) {
    // Runs outlive their schedule; with neither, the name is wrong.
    await client.GET("/v1/fleets/{fleet}/schedules/{schedule}", {
      params: { path: { ...path, schedule } },
      signal,
    });
  }
  await print.list(data?.items ?? [], runColumns, {
    toJson: (run) => run,
    id: (run) => run.id,
    emptyNote: "Nothing has run yet.",
  });
  return exitCodes.done;
};
