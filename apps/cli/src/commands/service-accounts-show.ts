import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findServiceAccount } from "../find/find-service-account.ts";
import { printServiceAccount } from "../output/service-account-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    fleet,
    signal,
  } = context;
  await printServiceAccount(
    context,
    await findServiceAccount(await control(), await fleet(), wanted, signal),
  );
  return exitCodes.done;
};
