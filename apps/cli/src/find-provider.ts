import type { ControlClient, ControlSchemas } from "@cmdop/sdk";
import { CliError } from "./cli-error.ts";

type Provider = ControlSchemas["Provider"];

/** A provider of models by name or id; `fleet`: undefined for those of the installation. */
export const findProvider = async (
  client: ControlClient,
  fleet: string | undefined,
  wanted: string,
  signal: AbortSignal,
): Promise<Provider> => {
  const isShared = fleet === undefined;
  const { data } = isShared
    ? await client.GET("/v1/providers", { signal })
    : await client.GET("/v1/fleets/{fleet}/providers", { params: { path: { fleet } }, signal });
  const found = data?.items.find(
    (provider) => provider.isShared === isShared && (provider.id === wanted || provider.name === wanted),
  );
  if (found) return found;
  throw new CliError({
    what: "no such provider",
    why: `${isShared ? "The installation" : "The fleet"} has no provider ${wanted}.`,
    next: "Type: cmdop providers list",
    code: "not_found",
  });
};
