import { isId } from "@cmdop/base";
import { type ControlClient, type ControlSchemas, readAll } from "@cmdop/sdk";
import { chooseNamed } from "./choose-named.ts";

type Account = ControlSchemas["Account"];

/** An account of the installation by e-mail address or id. */
export const findAccount = async (
  client: ControlClient,
  wanted: string,
  signal: AbortSignal,
): Promise<Account> => {
  if (isId("acc", wanted)) {
    const { data } = await client.GET("/v1/accounts/{account}", {
      params: { path: { account: wanted } },
      signal,
    });
    if (data) return data;
  }
  const accounts = await readAll<Account>((query) =>
    client.GET("/v1/accounts", { params: { query }, signal }),
  );
  return chooseNamed(accounts, wanted, {
    what: "account",
    list: "accounts list",
    namesOf: ({ email }) => [email],
  });
};
