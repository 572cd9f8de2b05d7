import { Failure } from "@cmdop/base";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { askSecrets } from "../input/secret-prompt.ts";
import { confirmSignIn } from "../sign-in/confirm-sign-in.ts";

export const run = async (context: Context): Promise<number> => {
  const { control, io, print, signal } = context;
  const password = await askNewPassword(context);
  const client = await control();
  const set = () => client.PUT("/v1/account/password", { body: { password }, signal });
  try {
    await set();
  } catch (cause) {
    const isStale = cause instanceof Failure && cause.code === "fresh_sign_in_needed";
    if (!isStale || io.stdin.isTTY !== true) throw cause;
    print.note("Your sign-in is older than 15 minutes: prove once more who you are.");
    await confirmSignIn(context);
    await set();
  }
  print.note("Your password is changed. Every other browser and terminal of yours is signed out.");
  return exitCodes.done;
};

const askNewPassword = async (context: Context): Promise<string> => {
  const first = { message: "New password" };
  if (context.io.stdin.isTTY !== true) return (await askSecrets(context, [first]))[0] ?? "";
  const [password = "", again] = await askSecrets(context, [first, { message: "The same once more" }]);
  if (password === again) return password;
  throw usageError("These are two passwords.", "Nothing has changed. Type it once more.");
};
