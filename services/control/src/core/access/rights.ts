// What can be allowed. A right is `resource:action`; a name that is not in these lists allows nothing.

/** Rights within one fleet. */
export const fleetRights = [
  "fleet:read",
  "fleet:update",
  "fleet:delete",
  "members:read",
  "members:invite",
  "members:manage",
  "roles:read",
  "roles:manage",
  "keys:read",
  "keys:create",
  "keys:revoke",
  "machines:read",
  "machines:join",
  "machines:approve",
  "machines:manage",
  "machines:remove",
  "sessions:read",
  "sessions:open",
  "sessions:operate",
  "sessions:observe",
  "sessions:close",
  "schedules:read",
  "schedules:manage",
  "schedules:run",
  "audit:read",
  "audit:export",
  "webhooks:read",
  "webhooks:manage",
  "providers:read",
  "providers:manage",
  "usage:read",
  "budgets:manage",
  "models:use",
] as const;

/** Rights over the installation as a whole, above every fleet. */
export const installationRights = [
  "accounts:read",
  "accounts:manage",
  "fleets:create",
  "fleets:list",
  "edges:read",
  "edges:manage",
  "identity:manage",
  "installation:audit",
  "installation:providers",
  "installation:webhooks",
] as const;

export type FleetRight = (typeof fleetRights)[number];
export type InstallationRight = (typeof installationRights)[number];
export type Right = FleetRight | InstallationRight;

const fleetSet: ReadonlySet<string> = new Set(fleetRights);
const installationSet: ReadonlySet<string> = new Set(installationRights);

export const isFleetRight = (text: string): text is FleetRight => fleetSet.has(text);
export const isInstallationRight = (text: string): text is InstallationRight => installationSet.has(text);
export const isRight = (text: string): text is Right => isFleetRight(text) || isInstallationRight(text);
