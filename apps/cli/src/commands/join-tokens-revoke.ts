import { confirmOrThrow } from "../confirm.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [joinToken = ""],
    control,
    fleet,
    print,
    signal,
  } = context;
  await confirmOrThrow(context, {
    effect: "No machine joins with this token any more.",
    question: `Revoke the join token ${joinToken}?`,
  });
  const client = await control();
  await client.DELETE("/v1/fleets/{fleet}/join-tokens/{joinToken}", {
    params: { path: { fleet: await fleet(), joinToken } },
    signal,
  });
  print.note("Revoked. Machines that came with it stay.");
  return exitCodes.done;
};
