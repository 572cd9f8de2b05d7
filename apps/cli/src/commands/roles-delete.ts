import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findOwnRole } from "../find/find-role.ts";

export const run = async ({
  arguments: [wanted = ""],
  control,
  fleet,
  print,
  signal,
}: Context): Promise<number> => {
  const client = await control();
  const fleetId = await fleet();
  const role = await findOwnRole(client, fleetId, wanted, signal);
  await client.DELETE("/v1/fleets/{fleet}/roles/{role}", {
    params: { path: { fleet: fleetId, role: role.id } },
    signal,
  });
  print.note(`The role ${role.name} is removed.`);
  return exitCodes.done;
};
