import type { Operation } from "../../operation.ts";
import {
  createIdentityProvider,
  deleteIdentityProvider,
  listIdentityProviders,
  putGroupRoles,
} from "./identity-providers.ts";

export const identityProviderOperations: readonly Operation[] = [
  listIdentityProviders,
  createIdentityProvider,
  deleteIdentityProvider,
  putGroupRoles,
];
