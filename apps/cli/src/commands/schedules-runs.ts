import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { readUpTo } from "../find/read-up-to.ts";
import { choiceOf } from "../options/choice-option.ts";
import { runStatuses } from "../options/listed-states.ts";
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
  const [status, from, to] = [
    choiceOf(options, "status", runStatuses),
    options.text("since"),
    options.text("until"),
  ];
  const filter = {
    ...(schedule === undefined ? {} : { schedule }),
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const runs = await readUpTo<ControlSchemas["Run"]>(options.number("count") ?? countDefault, (page) =>
    client.GET("/v1/fleets/{fleet}/runs", { params: { path, query: { ...filter, ...page } }, signal }),
  );
  if (schedule !== undefined && runs.length === 0) {
    // Runs outlive their schedule; with neither, the name is wrong.
    await client.GET("/v1/fleets/{fleet}/schedules/{schedule}", {
      params: { path: { ...path, schedule } },
      signal,
    });
  }
  await print.list(runs, runColumns, {
    toJson: (run) => run,
    id: (run) => run.id,
    emptyNote: "No run fits: nothing has run yet, or not so.",
  });
  return exitCodes.done;
};
