// Who has a role.
import { Failure } from "@cmdop/base";
import type { Selectable } from "kysely";
import type { RoleTable } from "../../store/tables/access-tables.ts";
import type { WriteTransaction } from "../../store/unit-of-work.ts";

export const lockRole = async (
  tx: WriteTransaction,
  fleetId: string,
  roleId: string,
): Promise<Selectable<RoleTable>> => {
  const row = await tx.db
    .selectFrom("roles")
    .selectAll()
    .where("id", "=", roleId)
    .where("fleet_id", "=", fleetId)
    .forUpdate()
    .executeTakeFirst();
  if (!row)
    throw new Failure("not_found", "There is no such role of this fleet; built-in ones do not change.");
  return row;
};

/** Ids of memberships and service accounts. */
export const bearersOf = async (
  tx: WriteTransaction,
  fleetId: string,
  roleId: string,
): Promise<readonly string[]> => {
  const members = tx.db
    .selectFrom("memberships")
    .select("id")
    .where("fleet_id", "=", fleetId)
    .where("role", "=", roleId);
  const services = tx.db
    .selectFrom("service_accounts")
    .select("id")
    .where("fleet_id", "=", fleetId)
    .where("role", "=", roleId);
  return (await members.unionAll(services).execute()).map(({ id }) => id);
};
