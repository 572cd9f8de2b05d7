import { usageError } from "../cli-error.ts";
import { confirmOrThrow } from "../confirm.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    options,
    print,
    signal,
  } = context;
  const client = await control();
  const isShared = options.flag("platform");
  const fleet = isShared ? "" : await context.fleet();
  const { data } = isShared
    ? await client.GET("/v1/providers", { signal })
    : await client.GET("/v1/fleets/{fleet}/providers", { params: { path: { fleet } }, signal });
  const found = data?.items.find(
    (provider) => provider.isShared === isShared && (provider.id === wanted || provider.name === wanted),
  );
  if (!found) {
    const whose = isShared ? "The installation" : "The fleet";
    throw usageError(`${whose} has no provider ${wanted}.`, "Type: cmdop providers list");
  }
  await confirmOrThrow(context, {
    effect: "This takes the provider and its keys away.",
    question: `Remove ${found.name} and its keys?`,
  });
  if (isShared) {
    await client.DELETE("/v1/providers/{provider}", { params: { path: { provider: found.id } }, signal });
  } else {
    const path = { fleet, provider: found.id };
    await client.DELETE("/v1/fleets/{fleet}/providers/{provider}", { params: { path }, signal });
  }
  print.note(`${found.name} is removed.`);
  return exitCodes.done;
};
