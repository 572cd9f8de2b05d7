// The roles that exist without being made. A fleet may add its own: a name and a set of rights.
import { type FleetRight, fleetRights, type InstallationRight, installationRights } from "./rights.ts";

export const builtInRoles = ["owner", "admin", "member", "viewer", "auditor", "automation"] as const;
export type BuiltInRole = (typeof builtInRoles)[number];

const viewer: readonly FleetRight[] = [
  "fleet:read",
  "members:read",
  "roles:read",
  "machines:read",
  "sessions:read",
  "sessions:observe",
  "schedules:read",
  "usage:read",
];

export const roleRights: Readonly<Record<BuiltInRole, readonly FleetRight[]>> = {
  owner: fleetRights,
  admin: fleetRights.filter((right) => right !== "fleet:delete"),
  member: [
    ...viewer,
    "keys:read",
    "keys:create",
    "sessions:open",
    "sessions:operate",
    "sessions:close",
    "schedules:run",
    "models:use",
  ],
  viewer,
  auditor: ["fleet:read", "members:read", "roles:read", "sessions:read", "audit:read", "audit:export"],
  automation: [
    "fleet:read",
    "machines:read",
    "sessions:read",
    "sessions:open",
    "sessions:operate",
    "sessions:observe",
    "sessions:close",
    "schedules:read",
    "schedules:run",
    "models:use",
  ],
};

export const roleAbout: Readonly<Record<BuiltInRole, string>> = {
  owner: "everything, the fleet's end included",
  admin: "everything but the fleet's end",
  member: "works on machines, runs schedules, has keys of its own",
  viewer: "sees machines and sessions and watches, changes nothing",
  auditor: "reads the audit log and who is in the fleet",
  automation: "for programs: opens and runs sessions, uses models",
};

export const isBuiltInRole = (text: string): text is BuiltInRole =>
  builtInRoles.some((role) => role === text);

export const installationRoles = ["owner", "member", "auditor"] as const;
export type InstallationRole = (typeof installationRoles)[number];

export const installationRoleRights: Readonly<Record<InstallationRole, readonly InstallationRight[]>> = {
  owner: installationRights,
  member: ["fleets:create"],
  auditor: ["accounts:read", "fleets:list", "installation:audit"],
};
