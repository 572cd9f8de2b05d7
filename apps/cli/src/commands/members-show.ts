import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findMember } from "../find/find-member.ts";
import { printRecord } from "../output/record.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [who = ""],
    control,
    fleet,
    signal,
  } = context;
  const member = await findMember(await control(), await fleet(), who, signal);
  await printRecord(context, member, [
    ["email", member.account.email],
    ["name", member.account.name],
    ["role", member.roleName],
    ["state", member.account.isDisabled ? "disabled: nobody signs in to the account" : "live"],
    ["ends", member.expiresAt ?? "never"],
    ["given by", member.source === "oidc" ? "a group of an identity provider" : member.invitedBy],
    ["since", member.createdAt],
    ["account", member.account.id],
    ["id", member.id],
  ]);
  return exitCodes.done;
};
