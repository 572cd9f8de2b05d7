import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findAccount } from "../find/find-account.ts";
import { printRecord } from "../output/record.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    signal,
  } = context;
  const account = await findAccount(await control(), wanted, signal);
  await printRecord(context, account, [
    ["email", account.email],
    ["name", account.name],
    ["role", account.installationRole],
    ["state", account.disabledAt === null ? "live" : `disabled since ${account.disabledAt}`],
    ["password", account.hasPassword ? "set" : "none"],
    ["signed in", account.lastSignInAt ?? "never"],
    ["since", account.createdAt],
    ["id", account.id],
  ]);
  return exitCodes.done;
};
