import type { ControlSchemas } from "@cmdop/sdk";
import type { Context } from "../context.ts";
import { printRecord } from "./record.ts";

type IdentityProvider = ControlSchemas["IdentityProvider"];

export const printIdentityProvider = (
  context: Pick<Context, "print">,
  provider: IdentityProvider,
  more: readonly (readonly [string, string])[] = [],
): Promise<void> =>
  printRecord(context, provider, [
    ["slug", provider.slug],
    ["name", provider.name],
    ["issuer", provider.issuer],
    ["client id", provider.clientId],
    ["client secret", provider.hasClientSecret ? "set" : "none"],
    ["scopes", provider.scopes.join(" ")],
    ["groups claim", provider.groupsClaim],
    ["sign-up", provider.signUp ? "whoever is not known yet gets an account" : "known accounts alone"],
    ["second factor", provider.mfaTrusted ? "each sign-in counts as one with it" : "as the provider says"],
    ["redirect URI", provider.redirectUri],
    ["state", provider.disabledAt === null ? "enabled" : `shut since ${provider.disabledAt}`],
    ["since", provider.createdAt],
    ["id", provider.id],
    ...more,
  ]);
