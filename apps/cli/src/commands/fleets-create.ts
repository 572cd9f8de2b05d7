import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { printFleet } from "../output/fleet-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [slug = ""],
    control,
    options,
    signal,
  } = context;
  const client = await control();
  const { data } = await client.POST("/v1/fleets", {
    body: {
      slug,
      name: options.text("name") ?? slug,
      description: options.text("description") ?? "",
    },
    signal,
  });
  if (data) await printFleet(context, data);
  if (!context.print.isJson && context.settings().fleet === undefined) {
    context.print.note(
      `In several fleets, commands name one: --fleet ${slug}; or for all that follows: cmdop fleets use ${slug}`,
    );
  }
  return exitCodes.done;
};
