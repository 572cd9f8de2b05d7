import type { Operation } from "../../operation.ts";
import { createServiceAccount } from "./create-service-account.ts";
import { deleteServiceAccount } from "./delete-service-account.ts";
import { getServiceAccount, listServiceAccounts } from "./read-service-accounts.ts";
import { updateServiceAccount } from "./update-service-account.ts";

export const serviceAccountOperations: readonly Operation[] = [
  createServiceAccount,
  listServiceAccounts,
  getServiceAccount,
  updateServiceAccount,
  deleteServiceAccount,
];
