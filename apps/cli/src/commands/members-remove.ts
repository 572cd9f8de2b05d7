import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findMember } from "../find/find-member.ts";
import { confirmOrThrow } from "../input/confirm.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [who = ""],
    control,
    fleet,
    print,
    signal,
  } = context;
  const client = await control();
  const fleetId = await fleet();
  const member = await findMember(client, fleetId, who, signal);
  await confirmOrThrow(context, {
    effect: "This ends what the member has live in the fleet and revokes the member's keys of it.",
    question: `Remove ${member.account.email}, and end what they have live in this fleet?`,
  });
  await client.DELETE("/v1/fleets/{fleet}/members/{member}", {
    params: { path: { fleet: fleetId, member: member.id } },
    signal,
  });
  print.note(`${member.account.email} is out of the fleet.`);
  return exitCodes.done;
};
