import type { ControlClient, ControlSchemas } from "@cmdop/sdk";
import { chooseNamed } from "./choose-named.ts";

/** By slug or id. */
export const findIdentityProvider = async (
  client: ControlClient,
  wanted: string,
  signal: AbortSignal,
): Promise<ControlSchemas["IdentityProvider"]> => {
  const { data } = await client.GET("/v1/identity-providers", { signal });
  return chooseNamed(data?.items ?? [], wanted, {
    what: "identity provider",
    list: "identity-providers list",
    namesOf: ({ slug }) => [slug],
  });
};
