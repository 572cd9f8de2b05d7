import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { parseDuration } from "../options/duration.ts";
import { printSecret } from "../output/record.ts";

const hourMs = 3_600_000;
const validMsMax = 30 * 24 * hourMs;

const toHours = (text: string): number =>
  Math.max(1, Math.round(parseDuration(text, "--expires", validMsMax) / hourMs));

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [email = ""],
    control,
    fleet,
    options,
    signal,
  } = context;
  const expires = options.text("expires");
  const ends = options.text("membership-ends");
  const client = await control();
  const { data } = await client.POST("/v1/fleets/{fleet}/invitations", {
    params: { path: { fleet: await fleet() } },
    body: {
      email,
      role: options.text("role") ?? "member",
      ...(expires === undefined ? {} : { expiresInHours: toHours(expires) }),
      ...(ends === undefined ? {} : { membershipExpiresAt: ends }),
    },
    signal,
  });
  if (data) {
    await printSecret(context, data, [
      `Give this code to ${data.email}: it is shown once and good until ${data.expiresAt}.`,
      "They type, signed in: cmdop invitations accept CODE",
    ]);
  }
  return exitCodes.done;
};
