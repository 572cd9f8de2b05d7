import { CliError, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [schedule = ""],
    control,
    fleet,
    io,
    options,
    print,
    signal,
  } = context;
  if (!options.flag("yes")) {
    if (io.stdin.isTTY !== true) {
      throw usageError("This removes the schedule and ends what it runs.", "Repeat it with --yes.");
    }
    const { confirm } = await import("@clack/prompts");
    const isSure = await confirm({
      message: `Remove ${schedule} and end what it runs?`,
      initialValue: false,
    });
    if (isSure !== true) {
      throw new CliError({
        what: "nothing removed",
        why: "You did not confirm it.",
        next: `Type: cmdop schedules pause ${schedule}`,
        code: "cancelled",
      });
    }
  }
  const client = await control();
  await client.DELETE("/v1/fleets/{fleet}/schedules/{schedule}", {
    params: { path: { fleet: await fleet(), schedule } },
    signal,
  });
  print.note(`${schedule} is removed.`);
  return exitCodes.done;
};
