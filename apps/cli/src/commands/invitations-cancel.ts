import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async ({
  arguments: [invitation = ""],
  control,
  fleet,
  print,
  signal,
}: Context): Promise<number> => {
  const client = await control();
  await client.DELETE("/v1/fleets/{fleet}/invitations/{invitation}", {
    params: { path: { fleet: await fleet(), invitation } },
    signal,
  });
  print.note("The invitation is taken back.");
  return exitCodes.done;
};
