import type { ControlClient, ControlSchemas } from "@cmdop/sdk";
import { CliError } from "./cli-error.ts";

/** By slug or id. */
export const findIdentityProvider = async (
  client: ControlClient,
  wanted: string,
  signal: AbortSignal,
): Promise<ControlSchemas["IdentityProvider"]> => {
  const { data } = await client.GET("/v1/identity-providers", { signal });
  const found = data?.items.find(({ id, slug }) => id === wanted || slug === wanted);
  if (found) return found;
  throw new CliError({
    what: "no such identity provider",
    why: `There is no identity provider ${wanted}.`,
    next: "Type: cmdop identity-providers list",
    code: "not_found",
  });
};
