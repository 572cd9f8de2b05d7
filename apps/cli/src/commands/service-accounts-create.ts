import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { printServiceAccount } from "../output/service-account-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name = ""],
    control,
    fleet,
    options,
    print,
    signal,
  } = context;
  const client = await control();
  const { data } = await client.POST("/v1/fleets/{fleet}/service-accounts", {
    params: { path: { fleet: await fleet() } },
    body: {
      name,
      role: options.text("role") ?? "automation",
      description: options.text("description") ?? "",
    },
    signal,
  });
  if (data) {
    await printServiceAccount(context, data);
    if (!print.isJson) print.note(`Type: cmdop keys create NAME --service-account ${data.name}`);
  }
  return exitCodes.done;
};
