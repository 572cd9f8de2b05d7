import type { Operation } from "../../operation.ts";
import { createRole } from "./create-role.ts";
import { deleteRole } from "./delete-role.ts";
import { listRoles } from "./list-roles.ts";
import { updateRole } from "./update-role.ts";

export const roleOperations: readonly Operation[] = [listRoles, createRole, updateRole, deleteRole];
