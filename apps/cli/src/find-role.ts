import type { ControlClient, ControlSchemas } from "@cmdop/sdk";
import { CliError } from "./cli-error.ts";

type Role = ControlSchemas["Role"];

/** A role of the fleet's own by name or id. */
export const findOwnRole = async (
  client: ControlClient,
  fleet: string,
  wanted: string,
  signal: AbortSignal,
): Promise<Role & { readonly version: number }> => {
  const { data } = await client.GET("/v1/fleets/{fleet}/roles", { params: { path: { fleet } }, signal });
  const found = data?.items.find(({ id, name }) => id === wanted || name === wanted);
  if (found && found.version !== null) return { ...found, version: found.version };
  throw new CliError({
    what: "no such role",
    why: found ? `${wanted} is built in and does not change.` : `The fleet has no role ${wanted}.`,
    next: "Type: cmdop roles list",
    code: "not_found",
  });
};
