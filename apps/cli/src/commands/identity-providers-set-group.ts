import { CliError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { changeGroupRoles } from "../group-roles.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = "", group = "", wantedRole = ""],
    print,
    signal,
  } = context;
  const { fleet } = await changeGroupRoles(context, wanted, async ({ client, fleet, others }) => {
    const { data } = await client.GET("/v1/fleets/{fleet}/roles", {
      params: { path: { fleet: fleet.id } },
      signal,
    });
    const role = data?.items.find(({ id, name }) => id === wantedRole || name === wantedRole);
    if (!role) {
      throw new CliError({
        what: "no such role",
        why: `The fleet ${fleet.slug} has no role ${wantedRole}.`,
        next: "Type: cmdop roles list",
        code: "not_found",
      });
    }
    return [...others(group), { group, fleetId: fleet.id, role: role.id }];
  });
  print.note(`Whoever is in ${group} there is ${wantedRole} in ${fleet.slug}, from the next sign-in on.`);
  return exitCodes.done;
};
