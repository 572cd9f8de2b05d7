import type { Operation } from "../../operation.ts";
import {
  createIdentityProvider,
  deleteIdentityProvider,
  listIdentityProviders,
  putGroupRoles,
} from "./identity-providers.ts";
import { updateIdentityProvider } from "./update-identity-provider.ts";

export const identityProviderOperations: readonly Operation[] = [
  listIdentityProviders,
  createIdentityProvider,
  updateIdentityProvider,
  deleteIdentityProvider,
  putGroupRoles,
];
