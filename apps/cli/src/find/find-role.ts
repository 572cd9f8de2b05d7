import { toDisplayText } from "@cmdop/base";
import type { ControlClient, ControlSchemas } from "@cmdop/sdk";
import { CliError } from "../cli-error.ts";
import { chooseNamed } from "./choose-named.ts";

type Role = ControlSchemas["Role"];

/** A role of the fleet's own by name or id. */
export const findOwnRole = async (
  client: ControlClient,
  fleet: string,
  wanted: string,
  signal: AbortSignal,
): Promise<Role & { readonly version: number }> => {
  const { data } = await client.GET("/v1/fleets/{fleet}/roles", { params: { path: { fleet } }, signal });
  const found = chooseNamed(data?.items ?? [], wanted, {
    what: "role",
    list: "roles list",
    namesOf: ({ name }) => [name],
    none: `The fleet has no role ${toDisplayText(wanted, 100)}.`,
  });
  if (found.version !== null) return { ...found, version: found.version };
  throw new CliError({
    what: "no such role",
    why: `${found.name} is built in and does not change.`,
    next: "Type: cmdop roles list",
    code: "not_found",
  });
};
