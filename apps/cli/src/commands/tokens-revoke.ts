import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { chooseNamed, titleOf } from "../find/choose-named.ts";
import { confirmOrThrow } from "../input/confirm.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    print,
    signal,
  } = context;
  const client = await control();
  const logins = await readAll<ControlSchemas["Login"]>((query) =>
    client.GET("/v1/account/logins", { params: { query }, signal }),
  );
  const { id, name, isCurrent } = chooseNamed(logins, wanted, {
    what: "login of yours",
    list: "tokens list",
    namesOf: (login) => [login.name],
  });
  const title = titleOf({ id }, name);
  await confirmOrThrow(context, {
    effect: `${title} is signed out${isCurrent ? ": it is this terminal" : ""}, and what is live with it ends.`,
    question: `Sign ${title} out${isCurrent ? ", this terminal" : ""}?`,
  });
  await client.DELETE("/v1/account/logins/{login}", { params: { path: { login: id } }, signal });
  print.note(`${title} is signed out.`);
  return exitCodes.done;
};
