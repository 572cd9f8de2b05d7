// Who is in which fleet, and what they may there.
import { type Expression, sql } from "kysely";
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

interface MembershipFacts {
  readonly id: string;
  readonly fleetId: string;
  readonly fleetSlug: string;
  readonly outagePolicy: string | null;
  readonly isSecondFactorNeeded: boolean;
  readonly role: string;
  readonly rights: readonly string[] | null;
  readonly expiresAtMs: number | null;
  readonly access: Readonly<Record<string, MachineAccess>> | null;
}

/** As `accessBy`, with the account that has them. `isEnded`: those in fleets that are, or in those that are not. */
export const membershipsBy = (
  account: Expression<unknown>,
  { isEnded }: { readonly isEnded: boolean },
) => sql<readonly MembershipFacts[] | null>`(
    select json_agg(json_build_object(
      'id', memberships.id, 'role', memberships.role, 'rights', roles.rights,
      'expiresAtMs', floor(extract(epoch from memberships.expires_at) * 1000),
      'fleetId', memberships.fleet_id, 'fleetSlug', held.slug,
      'outagePolicy', held.outage_policy, 'isSecondFactorNeeded', held.mfa_required,
      'access', ${accessBy("membership_id", "memberships.id")}
    ) order by memberships.created_at)
    from memberships
    join fleets held on held.id = memberships.fleet_id
    left join roles on roles.id = memberships.role and roles.fleet_id = memberships.fleet_id
    where memberships.account_id = ${account}
      and held.disabled_at ${isEnded ? sql`is not null` : sql`is null`}
  )`;

export const toMemberships = (facts: readonly MembershipFacts[] | null): ReadonlyMap<string, Membership> =>
  new Map(
    (facts ?? []).map(({ outagePolicy, rights, expiresAtMs, access, ...membership }) => [
      membership.fleetId,
      {
        ...membership,
        fleetOutage: toOutagePolicy(outagePolicy),
        rights: new Set(
          isBuiltInRole(membership.role) ? roleRights[membership.role] : (rights ?? []).filter(isFleetRight),
        ),
        expiresAtMs: expiresAtMs ?? undefined,
        machineAccess: toAccess(access),
      },
    ]),
  );

/** In fleets that are not ended. */
export const membershipsOf = (db: Reader, accountId: string): Promise<ReadonlyMap<string, Membership>> =>
  readMemberships(db, accountId, { isEnded: false });

/** Those in fleets that are ended and can be taken back yet. They allow nothing there. */
export const endedMembershipsOf = (db: Reader, accountId: string): Promise<ReadonlyMap<string, Membership>> =>
  readMemberships(db, accountId, { isEnded: true });

const readMemberships = async (
  db: Reader,
  accountId: string,
  which: { readonly isEnded: boolean },
): Promise<ReadonlyMap<string, Membership>> => {
  const { memberships } = await db
    .selectNoFrom(membershipsBy(sql`${accountId}`, which).as("memberships"))
    .executeTakeFirstOrThrow();
  return toMemberships(memberships);
};
