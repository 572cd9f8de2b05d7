import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findAccount } from "../find/find-account.ts";

export const run = async ({
  arguments: [wanted = ""],
  control,
  options,
  print,
  signal,
}: Context): Promise<number> => {
  const client = await control();
  const account = await findAccount(client, wanted, signal);
  const { data } = await client.POST("/v1/accounts/{account}/password-reset", {
    params: { path: { account: account.id } },
    body: { dropSecondFactors: options.flag("drop-second-factors") },
    signal,
  });
  if (!data) return exitCodes.failed;
  if (print.isJson) await print.json(data);
  else {
    await print.line(data.url);
    print.note(
      `Give this address to ${account.email}: whoever opens it first, until ${data.expiresAt}, chooses the password.`,
    );
  }
  return exitCodes.done;
};
