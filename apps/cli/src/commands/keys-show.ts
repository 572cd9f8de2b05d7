import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findKey } from "../find/find-key.ts";
import { printKey } from "../output/key-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    fleet,
    signal,
  } = context;
  await printKey(context, await findKey({ client: await control(), fleet: await fleet(), signal }, wanted));
  return exitCodes.done;
};
