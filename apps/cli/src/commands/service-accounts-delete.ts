import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findServiceAccount } from "../find/find-service-account.ts";
import { confirmOrThrow } from "../input/confirm.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    print,
    signal,
  } = context;
  const client = await control();
  const fleet = await context.fleet();
  const account = await findServiceAccount(client, fleet, wanted, signal);
  await confirmOrThrow(context, {
    effect: "This ends the service account's keys, and what is live with them, at once.",
    question: `Remove ${account.name} with its keys?`,
  });
  await client.DELETE("/v1/fleets/{fleet}/service-accounts/{serviceAccount}", {
    params: { path: { fleet, serviceAccount: account.id } },
    signal,
  });
  print.note(`${account.name} is removed with its keys.`);
  return exitCodes.done;
};
