import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findServiceAccount } from "../find/find-service-account.ts";
import { ifMatch } from "../if-match.ts";
import { givenFields } from "../options/given-fields.ts";
import { toYesNo } from "../options/yes-no.ts";
import { printServiceAccount } from "../output/service-account-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    options,
    signal,
  } = context;
  const isEnabled = toYesNo(options.text("enabled"));
  const body = givenFields(
    {
      name: options.text("name"),
      role: options.text("role"),
      description: options.text("description"),
      isDisabled: isEnabled === undefined ? undefined : !isEnabled,
    },
    "service-accounts update",
  );
  const client = await control();
  const fleet = await context.fleet();
  const account = await findServiceAccount(client, fleet, wanted, signal);
  const { data } = await client.PATCH("/v1/fleets/{fleet}/service-accounts/{serviceAccount}", {
    params: { path: { fleet, serviceAccount: account.id } },
    headers: ifMatch(account),
    body,
    signal,
  });
  if (data) await printServiceAccount(context, data);
  return exitCodes.done;
};
