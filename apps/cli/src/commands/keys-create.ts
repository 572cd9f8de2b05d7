import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { toExpiryDays } from "../options/key-expiry.ts";
import { limitsOf } from "../options/key-limits.ts";
import { toRights } from "../options/rights-option.ts";
import { printSecret } from "../output/record.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name = ""],
    control,
    fleet,
    options,
    signal,
  } = context;
  const scopes = toRights(options.list("scope"));
  const serviceAccount = options.text("service-account");
  const expiresInDays = toExpiryDays(options);
  const client = await control();
  const { data } = await client.POST("/v1/fleets/{fleet}/keys", {
    params: { path: { fleet: await fleet() } },
    body: {
      name,
      ...(scopes.length === 0 ? {} : { scopes }),
      ...(serviceAccount === undefined ? {} : { serviceAccount }),
      ...(expiresInDays === undefined ? {} : { expiresInDays }),
      limits: limitsOf(options),
      actor: options.flag("ai") ? "ai" : "program",
    },
    signal,
  });
  if (data) {
    await printSecret(context, data, [
      `It is shown once. Fingerprint ${data.fingerprint}, id ${data.id}, good until ${data.expiresAt}.`,
    ]);
  }
  return exitCodes.done;
};
