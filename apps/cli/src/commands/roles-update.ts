import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findOwnRole } from "../find/find-role.ts";
import { ifMatch } from "../if-match.ts";
import { toRights } from "../options/rights-option.ts";
import { printRole } from "../output/role-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    fleet,
    options,
    signal,
  } = context;
  const name = options.text("name");
  const description = options.text("description");
  const rights = toRights(options.list("right"));
  if (name === undefined && description === undefined && rights.length === 0) {
    throw usageError("There is nothing to change.", "Type: cmdop roles update --help");
  }
  const client = await control();
  const fleetId = await fleet();
  const role = await findOwnRole(client, fleetId, wanted, signal);
  const { data } = await client.PATCH("/v1/fleets/{fleet}/roles/{role}", {
    params: { path: { fleet: fleetId, role: role.id } },
    headers: ifMatch(role),
    body: {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(rights.length === 0 ? {} : { rights }),
    },
    signal,
  });
  if (data) await printRole(context, data);
  return exitCodes.done;
};
