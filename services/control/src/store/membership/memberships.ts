// Who is in which fleet, and what they may there.
import { sql } from "kysely";
import type { MachineAccess, Membership } from "../../core/access/principal.ts";
import { type FleetRight, isFleetRight } from "../../core/access/rights.ts";
import { isBuiltInRole, roleRights } from "../../core/access/roles.ts";
import type { Reader } from "../schema.ts";

/** Asked with its bearer, because each question of its own costs as much as the answer: levels by machine id. */
export const accessBy = (
  column: "membership_id" | "service_account_id",
  bearer: "memberships.id" | "service_accounts.id",
) =>
  sql<Readonly<Record<string, MachineAccess>> | null>`(
    select jsonb_object_agg(machine_id, level) from machine_access where ${sql.ref(column)} = ${sql.ref(bearer)}
  )`;

export const membershipsOfService = async (
  db: Reader,
  service: {
    readonly id: string;
    readonly role: string;
    readonly fleetId: string;
    readonly fleetSlug: string;
    readonly fleetEndedAt: Date | null;
    readonly outagePolicy: string | null;
    readonly access: Readonly<Record<string, MachineAccess>> | null;
  },
): Promise<ReadonlyMap<string, Membership>> => {
  if (service.fleetEndedAt) return new Map();
  const membership: Membership = {
    id: service.id,
    fleetId: service.fleetId,
    fleetSlug: service.fleetSlug,
    fleetOutage: toOutagePolicy(service.outagePolicy),
    role: service.role,
    rights: await rightsOf(db, service.role, service.fleetId),
    expiresAtMs: undefined,
    isSecondFactorNeeded: false,
    machineAccess: toAccess(service.access),
  };
  return new Map([[service.fleetId, membership]]);
};

/** The rights of a built-in role or of one that the fleet made. A role that is gone gives none. */
export const rightsOf = async (
  db: Reader,
  role: string,
  fleetId: string,
): Promise<ReadonlySet<FleetRight>> => {
  if (isBuiltInRole(role)) return new Set(roleRights[role]);
  const row = await db
    .selectFrom("roles")
    .select("rights")
    .where("id", "=", role)
    .where("fleet_id", "=", fleetId)
    .executeTakeFirst();
  return new Set((row?.rights ?? []).filter(isFleetRight));
};

const toOutagePolicy = (text: string | null): Membership["fleetOutage"] =>
  text === "strict" ? "strict" : "best_effort";

/** Where no machine is named, all are open to the role. */
const toAccess = (
  levels: Readonly<Record<string, MachineAccess>> | null,
): ReadonlyMap<string, MachineAccess> => new Map(Object.entries(levels ?? {}));

/** In fleets that are not ended. */
export const membershipsOf = (db: Reader, accountId: string): Promise<ReadonlyMap<string, Membership>> =>
  readMemberships(db, accountId, "is");

/** Those in fleets that are ended and can be taken back yet. They allow nothing there. */
export const endedMembershipsOf = (db: Reader, accountId: string): Promise<ReadonlyMap<string, Membership>> =>
  readMemberships(db, accountId, "is not");

const readMemberships = async (
  db: Reader,
  accountId: string,
  isDisabled: "is" | "is not",
): Promise<ReadonlyMap<string, Membership>> => {
  const rows = await db
    .selectFrom("memberships")
    .innerJoin("fleets", "fleets.id", "memberships.fleet_id")
    .leftJoin("roles", (join) =>
      join.onRef("roles.id", "=", "memberships.role").onRef("roles.fleet_id", "=", "memberships.fleet_id"),
    )
    .select([
      "memberships.id",
      "memberships.fleet_id",
      "memberships.role",
      "memberships.expires_at",
      "fleets.slug",
      "fleets.outage_policy",
      "fleets.mfa_required",
      "roles.rights",
      accessBy("membership_id", "memberships.id").as("access"),
    ])
    .where("memberships.account_id", "=", accountId)
    .where("fleets.disabled_at", isDisabled, null)
    .orderBy("memberships.created_at")
    .execute();
  return new Map(
    rows.map((row) => [
      row.fleet_id,
      {
        id: row.id,
        fleetId: row.fleet_id,
        fleetSlug: row.slug,
        fleetOutage: toOutagePolicy(row.outage_policy),
        role: row.role,
        rights: new Set(
          isBuiltInRole(row.role) ? roleRights[row.role] : (row.rights ?? []).filter(isFleetRight),
        ),
        expiresAtMs: row.expires_at?.getTime(),
        isSecondFactorNeeded: row.mfa_required,
        machineAccess: toAccess(row.access),
      },
    ]),
  );
};
