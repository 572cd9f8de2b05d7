import { type ControlClient, type ControlSchemas, readAll } from "@cmdop/sdk";
import { CliError } from "./cli-error.ts";

type Account = ControlSchemas["Account"];

/** An account of the installation by e-mail address or id. */
export const findAccount = async (
  client: ControlClient,
  wanted: string,
  signal: AbortSignal,
): Promise<Account> => {
  if (wanted.startsWith("acc_")) {
    const { data } = await client.GET("/v1/accounts/{account}", {
      params: { path: { account: wanted } },
      signal,
    });
    if (data) return data;
  }
  const accounts = await readAll<Account>((query) =>
    client.GET("/v1/accounts", { params: { query }, signal }),
  );
  const found = accounts.find(({ email }) => email === wanted.toLowerCase());
  if (found) return found;
  throw new CliError({
    what: "no such account",
    why: `${wanted} has no account here.`,
    next: "Type: cmdop accounts list",
    code: "not_found",
  });
};
