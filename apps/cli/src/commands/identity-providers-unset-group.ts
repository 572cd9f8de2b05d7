import { CliError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { changeGroupRoles } from "../group-roles.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = "", group = ""],
    print,
  } = context;
  const { fleet } = await changeGroupRoles(context, wanted, async ({ fleet, all, others }) => {
    const kept = others(group);
    if (kept.length < all.length) return kept;
    throw new CliError({
      what: "nothing changed",
      why: `The group ${group} gives no role in ${fleet.slug}.`,
      next: "Type: cmdop identity-providers show PROVIDER",
      code: "not_found",
    });
  });
  print.note(
    `${group} gives no role in ${fleet.slug} any more: at each one's next sign-in it is taken away.`,
  );
  return exitCodes.done;
};
