import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { storeFleet } from "../sign-in/login-file.ts";

export const run = async ({
  arguments: [fleet = ""],
  control,
  home,
  print,
  signal,
}: Context): Promise<number> => {
  const client = await control();
  const { data } = await client.GET("/v1/fleets/{fleet}", { params: { path: { fleet } }, signal });
  if (data) {
    await storeFleet(home, data.slug);
    print.note(`From now on commands mean the fleet ${data.slug}, unless --fleet says otherwise.`);
  }
  return exitCodes.done;
};
