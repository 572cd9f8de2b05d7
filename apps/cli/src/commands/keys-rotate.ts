import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findKey } from "../find/find-key.ts";
import { toExpiryDays } from "../options/key-expiry.ts";
import { printSecret } from "../output/record.ts";

const minuteMs = 60_000;

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    fleet,
    options,
    signal,
  } = context;
  const overlapMs = options.number("overlap");
  const overlapMinutes = overlapMs === undefined ? 60 : Math.round(overlapMs / minuteMs);
  const expiresInDays = toExpiryDays(options);
  const place = { client: await control(), fleet: await fleet(), signal };
  const key = await findKey(place, wanted);
  const { data } = await place.client.POST("/v1/fleets/{fleet}/keys/{key}/rotate", {
    params: { path: { fleet: place.fleet, key: key.id } },
    body: { overlapMinutes, ...(expiresInDays === undefined ? {} : { expiresInDays }) },
    signal,
  });
  if (data) {
    await printSecret(context, data, [
      `It is shown once. Fingerprint ${data.fingerprint}, id ${data.id}, good until ${data.expiresAt}.`,
      overlapMinutes === 0 ? "The old one has ended." : `The old one ends in ${overlapMinutes} minutes.`,
    ]);
  }
  return exitCodes.done;
};
