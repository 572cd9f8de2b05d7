import { confirmOrThrow } from "../confirm.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [key = ""],
    control,
    fleet,
    print,
    signal,
  } = context;
  await confirmOrThrow(context, {
    effect: "This ends the key, and what is live with it, at once and for good.",
    question: `Revoke ${key}, and end what is live with it?`,
  });
  const client = await control();
  await client.DELETE("/v1/fleets/{fleet}/keys/{key}", {
    params: { path: { fleet: await fleet(), key } },
    signal,
  });
  print.note(`${key} is revoked.`);
  return exitCodes.done;
};
