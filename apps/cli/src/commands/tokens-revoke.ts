import { type ControlSchemas, readAll } from "@cmdop/sdk";
import { chooseNamed, titleOf } from "../choose-named.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async ({ arguments: [wanted = ""], control, print, signal }: Context): Promise<number> => {
  const client = await control();
  const logins = await readAll<ControlSchemas["Login"]>((query) =>
    client.GET("/v1/account/logins", { params: { query }, signal }),
  );
  const { id, name } = chooseNamed(logins, wanted, {
    what: "login of yours",
    list: "tokens list",
    namesOf: (login) => [login.name],
  });
  await client.DELETE("/v1/account/logins/{login}", { params: { path: { login: id } }, signal });
  print.note(`${titleOf({ id }, name)} is signed out.`);
  return exitCodes.done;
};
