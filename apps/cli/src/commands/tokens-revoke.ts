import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async ({ arguments: [id = ""], control, print, signal }: Context): Promise<number> => {
  const client = await control();
  await client.DELETE("/v1/account/logins/{login}", { params: { path: { login: id } }, signal });
  print.note(`${id} is signed out.`);
  return exitCodes.done;
};
