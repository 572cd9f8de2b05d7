import type { Operation } from "../../operation.ts";
import {
  createIdentityProvider,
  deleteIdentityProvider,
  listGroupRoles,
  listIdentityProviders,
  putGroupRoles,
} from "./identity-providers.ts";
import { updateIdentityProvider } from "./update-identity-provider.ts";

export const identityProviderOperations: readonly Operation[] = [
  listIdentityProviders,
  createIdentityProvider,
  updateIdentityProvider,
  deleteIdentityProvider,
  listGroupRoles,
  putGroupRoles,
];
