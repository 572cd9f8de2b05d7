import { type ControlSchemas, readAll } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findIdentityProvider } from "../find/find-identity-provider.ts";
import { printIdentityProvider } from "../output/identity-provider-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [wanted = ""],
    control,
    print,
    signal,
  } = context;
  const client = await control();
  const provider = await findIdentityProvider(client, wanted, signal);
  const { data } = await client.GET("/v1/identity-providers/{provider}/group-roles", {
    params: { path: { provider: provider.id } },
    signal,
  });
  const groupRoles = data?.items ?? [];
  if (print.isJson) {
    await print.json({ ...provider, groupRoles });
    return exitCodes.done;
  }
  const fleets = await readAll<ControlSchemas["Fleet"]>((query) =>
    client.GET("/v1/fleets", { params: { query }, signal }),
  );
  // A fleet that one is not in has no name for one.
  const slugOf = (fleetId: string): string => fleets.find(({ id }) => id === fleetId)?.slug ?? fleetId;
  await printIdentityProvider(
    context,
    provider,
    groupRoles.map(({ group, fleetId, role }) => ["group", `${group}: ${role} in ${slugOf(fleetId)}`]),
  );
  return exitCodes.done;
};
