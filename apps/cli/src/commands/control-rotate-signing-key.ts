import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async ({ control, print, signal }: Context): Promise<number> => {
  const client = await control();
  const { data: key } = await client.POST("/v1/signing-keys", { signal });
  if (print.isJson) await print.json(key);
  else await print.line(key?.id ?? "");
  print.note(`It signs from ${key?.signsFrom}, when every relay has it. Until then the one before it does.`);
  return exitCodes.done;
};
