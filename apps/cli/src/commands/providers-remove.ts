import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { confirmOrThrow } from "../input/confirm.ts";
import { findProvider, openProvidersPlace } from "../providers-place.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    print,
  } = context;
  const place = await openProvidersPlace(context);
  const found = await findProvider(place, wanted);
  await confirmOrThrow(context, {
    effect: "This takes the provider and its keys away.",
    question: `Remove ${found.name} and its keys?`,
  });
  await place.remove(found.id);
  print.note(`${found.name} is removed.`);
  return exitCodes.done;
};
