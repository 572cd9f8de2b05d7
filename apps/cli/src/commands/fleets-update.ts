import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { ifMatch } from "../if-match.ts";
import { toYesNo } from "../options/yes-no.ts";
import { printFleet } from "../output/fleet-text.ts";

export const run = async (context: Context): Promise<number> => {
  const { arguments: given, control, fleet, options, signal } = context;
  const outage = options.text("outage");
  const fields = Object.entries({
    name: options.text("name"),
    slug: options.text("slug"),
    description: options.text("description"),
    mfaRequired: toYesNo(options.text("second-factor")),
    approvalNeeded: toYesNo(options.text("approval")),
    outagePolicy: outage === undefined ? undefined : outage === "strict" ? "strict" : "best_effort",
  }).filter(([, value]) => value !== undefined);
  if (fields.length === 0)
    throw usageError("There is nothing to change.", "Type: cmdop fleets update --help");
  const client = await control();
  const path = { fleet: given[0] ?? (await fleet()) };
  const { data: before } = await client.GET("/v1/fleets/{fleet}", { params: { path }, signal });
  if (!before) return exitCodes.done;
  const { data } = await client.PATCH("/v1/fleets/{fleet}", {
    params: { path },
    headers: ifMatch(before),
    body: Object.fromEntries(fields),
    signal,
  });
  if (data) await printFleet(context, data);
  return exitCodes.done;
};
