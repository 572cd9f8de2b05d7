import { confirmOrThrow } from "../confirm.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findProvider } from "../find-provider.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    options,
    print,
    signal,
  } = context;
  const client = await control();
  const fleet = options.flag("platform") ? undefined : await context.fleet();
  const found = await findProvider(client, fleet, wanted, signal);
  await confirmOrThrow(context, {
    effect: "This takes the provider and its keys away.",
    question: `Remove ${found.name} and its keys?`,
  });
  if (fleet === undefined) {
    await client.DELETE("/v1/providers/{provider}", { params: { path: { provider: found.id } }, signal });
  } else {
    const path = { fleet, provider: found.id };
    await client.DELETE("/v1/fleets/{fleet}/providers/{provider}", { params: { path }, signal });
  }
  print.note(`${found.name} is removed.`);
  return exitCodes.done;
};
