import { createTerminalLogins } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { requireControl } from "../settings.ts";
import { forgetLogin } from "../sign-in/login-file.ts";

export const run = async ({ home, print, settings, signal }: Context): Promise<number> => {
  const { control, controlCaPin, token } = requireControl(settings());
  // First there, then here: a login that could not be ended is not forgotten.
  await createTerminalLogins({ url: control, caPin: controlCaPin }).revoke(token, signal);
  await forgetLogin(home);
  print.note("Signed out.");
  return exitCodes.done;
};
