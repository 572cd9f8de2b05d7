import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { confirmOrThrow } from "../input/confirm.ts";
import { printBackupCodes } from "../output/backup-codes-text.ts";

export const run = async (context: Context): Promise<number> => {
  const { control, signal } = context;
  await confirmOrThrow(context, {
    effect: "The backup codes that you have are no good from then on.",
    question: "Make ten new backup codes in place of those that you have?",
  });
  const client = await control();
  const { data } = await client.POST("/v1/account/backup-codes", { signal });
  if (!data) return exitCodes.failed;
  await printBackupCodes(context, data);
  return exitCodes.done;
};
