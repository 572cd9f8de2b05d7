import { type ControlClient, type ControlSchemas, readAll } from "@cmdop/sdk";
import { CliError } from "./cli-error.ts";

type ServiceAccount = ControlSchemas["ServiceAccount"];

/** A service account of the fleet by name or id. */
export const findServiceAccount = async (
  client: ControlClient,
  fleet: string,
  wanted: string,
  signal: AbortSignal,
): Promise<ServiceAccount> => {
  if (wanted.startsWith("svc_")) {
    const { data } = await client.GET("/v1/fleets/{fleet}/service-accounts/{serviceAccount}", {
      params: { path: { fleet, serviceAccount: wanted } },
      signal,
    });
    if (data) return data;
  }
  const accounts = await readAll<ServiceAccount>((query) =>
    client.GET("/v1/fleets/{fleet}/service-accounts", { params: { path: { fleet }, query }, signal }),
  );
  const found = accounts.find(({ name }) => name === wanted);
  if (found) return found;
  throw new CliError({
    what: "no such service account",
    why: `${wanted} is not in this fleet.`,
    next: "Type: cmdop service-accounts list",
    code: "not_found",
  });
};
