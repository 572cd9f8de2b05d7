import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { ifMatch } from "../if-match.ts";
import { parseEnv } from "../options/env-option.ts";
import { givenFields } from "../options/given-fields.ts";
import { changedSpec, policiesOf, targetOf } from "../options/schedule-options.ts";
import { printSchedule } from "../output/schedule-text.ts";

const timeOptions = [
  ...["cron", "every", "at", "anchor", "zone", "starts", "ends", "max-runs", "dst-gap", "dst-overlap"],
] as const;
const targetOptions = ["machine", "tag", "all"] as const;

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    fleet,
    options,
    signal,
  } = context;
  const policies = policiesOf(options);
  const isTimeChanged = timeOptions.some((name) => options.has(name));
  const fields = givenFields(
    {
      name: options.text("name"),
      description: options.text("description"),
      // What of it stays is known when the schedule was read.
      spec: isTimeChanged ? {} : undefined,
      target: targetOptions.some((name) => options.has(name)) ? await targetOf(context) : undefined,
      command: commandOf(context),
      policies: Object.keys(policies).length === 0 ? undefined : policies,
    },
    "schedules update",
  );
  const client = await control();
  const path = { fleet: await fleet(), schedule: wanted };
  const { data: before } = await client.GET("/v1/fleets/{fleet}/schedules/{schedule}", {
    params: { path },
    signal,
  });
  if (!before) return exitCodes.failed;
  const { misfire, retry } = before.policies;
  const { data } = await client.PATCH("/v1/fleets/{fleet}/schedules/{schedule}", {
    params: { path: { ...path, schedule: before.id } },
    headers: ifMatch(before),
    // The API takes all of a time and all policies or none: what is not named stays.
    body: {
      ...fields,
      ...(isTimeChanged ? { spec: changedSpec(options, before.spec) } : {}),
      ...(fields.policies === undefined
        ? {}
        : {
            policies: {
              ...before.policies,
              ...policies,
              misfire: { ...misfire, ...policies.misfire },
              retry: { ...retry, ...policies.retry },
            },
          }),
    },
    signal,
  });
  if (data) await printSchedule(context, data);
  return exitCodes.done;
};

/** The whole of it, or nothing: half of one command with half of another is neither. */
const commandOf = ({ argv, options }: Context) => {
  const shell = options.text("shell");
  const cwd = options.text("cwd");
  const env = parseEnv(options.list("env"));
  const isGiven = shell !== undefined || argv.length > 0;
  if (!isGiven && (cwd !== undefined || Object.keys(env).length > 0)) {
    throw usageError(
      "--cwd and --env come with the command.",
      "Give it after --, or with --shell: it is replaced whole.",
    );
  }
  if (!isGiven) return undefined;
  if (shell !== undefined && argv.length > 0) {
    throw usageError("Give a command after --, or a line with --shell.", "Not both.");
  }
  return {
    ...(shell === undefined ? { argv: [...argv] } : { shell }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(Object.keys(env).length > 0 ? { env } : {}),
  };
};
