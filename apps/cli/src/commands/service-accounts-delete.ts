import { type ControlSchemas, readAll } from "@cmdop/sdk";
import { CliError } from "../cli-error.ts";
import { confirmOrThrow } from "../confirm.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

type ServiceAccount = ControlSchemas["ServiceAccount"];

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    fleet,
    print,
    signal,
  } = context;
  const client = await control();
  const path = { fleet: await fleet() };
  const accounts = await readAll<ServiceAccount>((page) =>
    client.GET("/v1/fleets/{fleet}/service-accounts", { params: { path, query: page }, signal }),
  );
  const account = accounts.find(({ id, name }) => id === wanted || name === wanted);
  if (!account) {
    throw new CliError({
      what: "no such service account",
      why: `${wanted} is not in this fleet.`,
      next: "Type: cmdop service-accounts list",
      code: "not_found",
    });
  }
  await confirmOrThrow(context, {
    effect: "This ends the service account's keys, and what is live with them, at once.",
    question: `Remove ${account.name} with its keys?`,
  });
  await client.DELETE("/v1/fleets/{fleet}/service-accounts/{serviceAccount}", {
    params: { path: { ...path, serviceAccount: account.id } },
    signal,
  });
  print.note(`${account.name} is removed with its keys.`);
  return exitCodes.done;
};
