import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { givenFields } from "../given-fields.ts";
import { ifMatch } from "../if-match.ts";
import { limitsOf } from "../key-limits.ts";
import { printKey } from "../output/key-text.ts";
import { toRights } from "../rights-option.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [key = ""],
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
  const path = { fleet: await fleet(), key };
  const { data: before } = await client.GET("/v1/fleets/{fleet}/keys/{key}", { params: { path }, signal });
  if (!before) return exitCodes.failed;
  const { data } = await client.PATCH("/v1/fleets/{fleet}/keys/{key}", {
    params: { path },
    headers: ifMatch(before),
    // What is not named of its limits stays: a limit that went would widen it.
    body: fields.limits === undefined ? fields : { ...fields, limits: { ...before.limits, ...limits } },
    signal,
  });
  if (data) await printKey(context, data);
  return exitCodes.done;
};
