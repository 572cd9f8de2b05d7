import { isId, toDisplayText } from "@cmdop/base";
import { type ControlClient, type ControlSchemas, readAll } from "@cmdop/sdk";
import { chooseNamed } from "./choose-named.ts";

type ServiceAccount = ControlSchemas["ServiceAccount"];

/** A service account of the fleet by name or id. */
export const findServiceAccount = async (
  client: ControlClient,
  fleet: string,
  wanted: string,
  signal: AbortSignal,
): Promise<ServiceAccount> => {
  if (isId("svc", wanted)) {
    const { data } = await client.GET("/v1/fleets/{fleet}/service-accounts/{serviceAccount}", {
      params: { path: { fleet, serviceAccount: wanted } },
      signal,
    });
    if (data) return data;
  }
  const accounts = await readAll<ServiceAccount>((query) =>
    client.GET("/v1/fleets/{fleet}/service-accounts", { params: { path: { fleet }, query }, signal }),
  );
  return chooseNamed(accounts, wanted, {
    what: "service account",
    list: "service-accounts list",
    namesOf: ({ name }) => [name],
    none: `${toDisplayText(wanted, 100)} is not in this fleet.`,
  });
};
