import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async ({ arguments: [allowed], control, print, signal }: Context): Promise<number> => {
  const client = await control();
  const { data } = await client.PUT("/v1/sign-in/settings", {
    body: { deviceLogin: allowed === "yes" },
    signal,
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else
    print.note(
      data.deviceLogin
        ? "Terminals without a browser may sign in by a code."
        : "No terminal signs in by a code any more; those that did stay signed in.",
    );
  return exitCodes.done;
};
