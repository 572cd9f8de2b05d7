import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { confirmSignIn } from "../sign-in/confirm-sign-in.ts";

export const run = async (context: Context): Promise<number> => {
  const { print } = context;
  const confirmed = await confirmSignIn(context);
  if (print.isJson) await print.json(confirmed);
  print.note("Confirmed: this terminal's login is fresh for 15 minutes.");
  return exitCodes.done;
};
