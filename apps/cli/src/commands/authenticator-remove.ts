import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { confirmOrThrow } from "../input/confirm.ts";

export const run = async (context: Context): Promise<number> => {
  const { control, print, signal } = context;
  await confirmOrThrow(context, {
    effect: "You sign in without the app's codes from then on, and its backup codes are gone.",
    question: "Remove your authenticator app and its backup codes?",
  });
  const client = await control();
  await client.DELETE("/v1/account/totp", { signal });
  print.note("Removed.");
  return exitCodes.done;
};
