import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { parseEnv } from "../options/env-option.ts";
import { policiesOf, specOf, targetOf } from "../options/schedule-options.ts";
import { printSchedule } from "../output/schedule-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name = ""],
    argv,
    control,
    fleet,
    options,
    signal,
  } = context;
  const shell = options.text("shell");
  if ((shell === undefined) === (argv.length === 0)) {
    throw usageError("Give a command after --, or a line with --shell.", "For example: -- backup --all");
  }
  const spec = specOf(options);
  const target = await targetOf(context);
  const cwd = options.text("cwd");
  const description = options.text("description");
  const env = parseEnv(options.list("env"));
  const client = await control();
  const { data } = await client.POST("/v1/fleets/{fleet}/schedules", {
    params: { path: { fleet: await fleet() } },
    body: {
      name,
      spec,
      policies: policiesOf(options),
      target,
      command: {
        ...(shell === undefined ? { argv: [...argv] } : { shell }),
        ...(cwd === undefined ? {} : { cwd }),
        ...(Object.keys(env).length > 0 ? { env } : {}),
      },
      paused: options.flag("paused"),
      description: description ?? "",
    },
    signal,
  });
  if (data) await printSchedule(context, data);
  return exitCodes.done;
};
