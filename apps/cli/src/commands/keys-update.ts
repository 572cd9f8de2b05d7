import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findKey } from "../find/find-key.ts";
import { ifMatch } from "../if-match.ts";
import { givenFields } from "../options/given-fields.ts";
import { limitsOf } from "../options/key-limits.ts";
import { toRights } from "../options/rights-option.ts";
import { printKey } from "../output/key-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    fleet,
    options,
    signal,
  } = context;
  const scopes = toRights(options.list("scope"));
  const limits = limitsOf(options);
  const fields = givenFields(
    {
      name: options.text("name"),
      scopes: scopes.length === 0 ? undefined : scopes,
      limits: Object.keys(limits).length === 0 ? undefined : limits,
    },
    "keys update",
  );
  const client = await control();
  const fleetId = await fleet();
  const before = await findKey({ client, fleet: fleetId, signal }, wanted);
  const { data } = await client.PATCH("/v1/fleets/{fleet}/keys/{key}", {
    params: { path: { fleet: fleetId, key: before.id } },
    headers: ifMatch(before),
    // What is not named of its limits stays: a limit that went would widen it.
    body: fields.limits === undefined ? fields : { ...fields, limits: { ...before.limits, ...limits } },
    signal,
  });
  if (data) await printKey(context, data);
  return exitCodes.done;
};
