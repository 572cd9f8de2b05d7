import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { toRights } from "../options/rights-option.ts";
import { printRole } from "../output/role-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name = ""],
    control,
    fleet,
    options,
    signal,
  } = context;
  const client = await control();
  const { data } = await client.POST("/v1/fleets/{fleet}/roles", {
    params: { path: { fleet: await fleet() } },
    body: {
      name,
      rights: toRights(options.list("right")),
      description: options.text("description") ?? "",
    },
    signal,
  });
  if (data) await printRole(context, data);
  return exitCodes.done;
};
