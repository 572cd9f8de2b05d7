import type { Context } from "../context.ts";

/** To standard output alone, for a password manager or a printer to take. */
export const printBackupCodes = async (
  { print }: Pick<Context, "print">,
  made: { readonly backupCodes: readonly string[] },
): Promise<void> => {
  if (print.isJson) await print.json(made);
  else for (const code of made.backupCodes) await print.line(code);
  print.note("Keep these backup codes: each signs you in once without the app. They are not shown again.");
};
