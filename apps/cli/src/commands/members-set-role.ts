import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findMember } from "../find/find-member.ts";
import { ifMatch } from "../if-match.ts";

export const run = async ({
  arguments: [who = "", role],
  control,
  fleet,
  options,
  print,
  signal,
}: Context): Promise<number> => {
  const ends = options.text("ends");
  if (role === undefined && ends === undefined) {
    throw usageError("There is nothing to change.", "Name a role, or give an end with --ends.");
  }
  const client = await control();
  const fleetId = await fleet();
  const member = await findMember(client, fleetId, who, signal);
  const { data } = await client.PATCH("/v1/fleets/{fleet}/members/{member}", {
    params: { path: { fleet: fleetId, member: member.id } },
    headers: ifMatch(member),
    body: {
      ...(role === undefined ? {} : { role }),
      ...(ends === undefined ? {} : { expiresAt: ends === "never" ? null : ends }),
    },
    signal,
  });
  if (!data) return exitCodes.done;
  if (print.isJson) await print.json(data);
  else
    print.note(
      `${data.account.email} is ${data.roleName}${data.expiresAt ? ` until ${data.expiresAt}` : ""}.`,
    );
  return exitCodes.done;
};
