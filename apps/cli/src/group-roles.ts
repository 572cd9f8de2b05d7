// Which group at an identity provider gives which role: the API takes them all at once, of every fleet.
import type { ControlClient, ControlSchemas } from "@cmdop/sdk";
import type { Context } from "./context.ts";
import { findIdentityProvider } from "./find/find-identity-provider.ts";
import { ifMatch } from "./if-match.ts";

interface GroupRole {
  readonly group: string;
  readonly fleetId: string;
  readonly role: string;
}

interface GroupRoles {
  readonly client: ControlClient;
  /** The one that the command means. */
  readonly fleet: ControlSchemas["Fleet"];
  readonly all: readonly GroupRole[];
  /** All but what this group gives in `fleet`. */
  others(group: string): readonly GroupRole[];
}

/** A change that somebody else makes meanwhile is refused with `precondition_failed`, and none is lost. */
export const changeGroupRoles = async (
  context: Context,
  wanted: string,
  change: (now: GroupRoles) => Promise<readonly GroupRole[]>,
): Promise<Pick<GroupRoles, "fleet">> => {
  const { print, signal } = context;
  const client = await context.control();
  // Before the roles: its version says then whether they are still the same.
  const provider = await findIdentityProvider(client, wanted, signal);
  const path = { provider: provider.id };
  const { data: fleet } = await client.GET("/v1/fleets/{fleet}", {
    params: { path: { fleet: await context.fleet() } },
    signal,
  });
  const { data: now } = await client.GET("/v1/identity-providers/{provider}/group-roles", {
    params: { path },
    signal,
  });
  if (!fleet || !now) throw new Error("the control plane answered without an answer");
  const items = await change({
    client,
    fleet,
    all: now.items,
    others: (group) => now.items.filter((one) => one.group !== group || one.fleetId !== fleet.id),
  });
  const { data } = await client.PUT("/v1/identity-providers/{provider}/group-roles", {
    params: { path },
    headers: ifMatch(provider),
    body: { items: [...items] },
    signal,
  });
  if (print.isJson && data) await print.json(data.items);
  return { fleet };
};
