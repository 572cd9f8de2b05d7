import type { ControlClient, ControlSchemas } from "@cmdop/sdk";
import { chooseNamed } from "./choose-named.ts";

/** One of one's own by id or name. */
export const findPasskey = async (
  client: ControlClient,
  wanted: string,
  signal: AbortSignal,
): Promise<ControlSchemas["Passkey"]> => {
  const { data } = await client.GET("/v1/account/passkeys", { signal });
  return chooseNamed(data?.items ?? [], wanted, {
    what: "passkey",
    list: "passkeys list",
    namesOf: ({ name }) => [name],
  });
};
