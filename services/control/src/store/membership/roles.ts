// Roles as somebody names them: a built-in one, or one of the fleet's own by id or name.
import { Failure } from "@cmdop/base";
import type { FleetRight } from "../../core/access/rights.ts";
import { isBuiltInRole } from "../../core/access/roles.ts";
import type { Reader } from "../schema.ts";
import { rightsOf } from "./memberships.ts";

export interface FoundRole {
  /** As memberships keep it: a built-in role's name or a role's id. */
  readonly role: string;
  readonly rights: ReadonlySet<FleetRight>;
}

/** `invalid_argument` when there is none. */
export const findRole = async (db: Reader, fleetId: string, wanted: string): Promise<FoundRole> => {
  if (isBuiltInRole(wanted)) return { role: wanted, rights: await rightsOf(db, wanted, fleetId) };
  const row = await db
    .selectFrom("roles")
    .select("id")
    .where("fleet_id", "=", fleetId)
    .where((is) => is.or([is("id", "=", wanted), is("name", "=", wanted)]))
    // Nobody removes it while it is given.
    .forShare()
    .executeTakeFirst();
  if (!row) {
    throw new Failure("invalid_argument", "There is no such role in this fleet.", {
      details: { errors: [{ pointer: "/role", detail: "no role of this fleet" }] },
    });
  }
  return { role: row.id, rights: await rightsOf(db, row.id, fleetId) };
};
