import { usageError } from "../cli-error.ts";
import { confirmOrThrow } from "../confirm.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    print,
    signal,
  } = context;
  const client = await control();
  const fleet = await context.fleet();
  const { data } = await client.GET("/v1/fleets/{fleet}/providers", { params: { path: { fleet } }, signal });
  const found = data?.items.find(({ id, name, isShared }) => !isShared && (id === wanted || name === wanted));
  if (!found) throw usageError(`The fleet has no provider ${wanted}.`, "Type: cmdop providers list");
  await confirmOrThrow(context, {
    effect: "This takes the provider and its keys away.",
    question: `Remove ${found.name} and its keys?`,
  });
  await client.DELETE("/v1/fleets/{fleet}/providers/{provider}", {
    params: { path: { fleet, provider: found.id } },
    signal,
  });
  print.note(`${found.name} is removed.`);
  return exitCodes.done;
};
