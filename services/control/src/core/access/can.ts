// The one decision. What is allowed is the role's rights, cut by the credential's scopes, its fleets, and the access
// to the machine.
//
// I1  What is not allowed by a membership or an installation role is denied.
// I2  Taking a right, a scope, a fleet or an access level away never turns a denial into an allowance.
// I3  An expired membership allows nothing.
// I4  Where a fleet asks for a second factor, nothing is allowed without one.
import type { MachineAccess, Membership, Principal } from "./principal.ts";
import { type FleetRight, isFleetRight, isInstallationRight, type Right } from "./rights.ts";

export type DenialReason =
  | "not_a_member"
  | "membership_expired"
  | "right_missing"
  | "scope_missing"
  | "fleet_out_of_scope"
  | "machine_access"
  | "mfa_needed";

export type Decision = { readonly kind: "allow" } | { readonly kind: "deny"; readonly reason: DenialReason };

export interface Resource {
  /** Undefined: the installation. */
  readonly fleetId?: string | undefined;
  readonly machineId?: string | undefined;
}

const allow: Decision = { kind: "allow" };
const deny = (reason: DenialReason): Decision => ({ kind: "deny", reason });

export const can = (principal: Principal, right: Right, resource: Resource, nowMs: number): Decision => {
  const { scopes, fleets } = principal.credential;
  if (scopes !== "*" && !scopes.includes(right)) return deny("scope_missing");
  if (isInstallationRight(right)) {
    // A credential that is bound to fleets never reaches above them.
    if (fleets !== "*") return deny("fleet_out_of_scope");
    return principal.installationRights.has(right) ? allow : deny("right_missing");
  }
  const { fleetId, machineId } = resource;
  if (!isFleetRight(right) || fleetId === undefined) return deny("right_missing");
  if (fleets !== "*" && !fleets.includes(fleetId)) return deny("fleet_out_of_scope");
  const membership = principal.memberships.get(fleetId);
  if (!membership) return deny("not_a_member");
  if (membership.expiresAtMs !== undefined && membership.expiresAtMs <= nowMs)
    return deny("membership_expired");
  if (!membership.rights.has(right)) return deny("right_missing");
  if (membership.isSecondFactorNeeded && !principal.credential.hasSecondFactor) return deny("mfa_needed");
  if (machineId !== undefined && !accessAllows(accessOf(membership, machineId), right)) {
    return deny("machine_access");
  }
  return allow;
};

const accessOf = (membership: Membership, machineId: string): MachineAccess =>
  membership.machineAccess.get(machineId) ?? "full";

const watching: ReadonlySet<FleetRight> = new Set(["machines:read", "sessions:read", "sessions:observe"]);
const executing: ReadonlySet<FleetRight> = new Set([
  ...watching,
  "sessions:open",
  "sessions:operate",
  "sessions:close",
  "schedules:run",
]);

const accessAllows = (access: MachineAccess, right: FleetRight): boolean => {
  switch (access) {
    case "full":
      return true;
    case "execute":
      return executing.has(right);
    case "view":
      return watching.has(right);
    case "none":
      return false;
  }
};

export type Grant = { readonly kind: "allow" } | { readonly kind: "deny"; readonly right: Right };

/** Whether a grant of `rights` gives nothing that the giver lacks in this fleet; else the first that it would. */
export const canGrant = (
  principal: Principal,
  rights: Iterable<FleetRight>,
  fleetId: string,
  nowMs: number,
): Grant => {
  for (const right of rights) {
    if (can(principal, right, { fleetId }, nowMs).kind === "deny") return { kind: "deny", right };
  }
  return { kind: "allow" };
};
