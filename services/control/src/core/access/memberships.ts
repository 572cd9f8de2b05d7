import type { Membership, Principal } from "./principal.ts";

/** The membership in a fleet that is named by id or slug. */
export const membershipIn = (principal: Principal, fleet: string): Membership | undefined => {
  const byId = principal.memberships.get(fleet);
  if (byId) return byId;
  for (const membership of principal.memberships.values()) {
    if (membership.fleetSlug === fleet) return membership;
  }
  return undefined;
};

/** Machines that are not there for somebody. */
export const hiddenMachines = ({ machineAccess }: Pick<Membership, "machineAccess">): readonly string[] =>
  [...machineAccess].filter(([, level]) => level === "none").map(([id]) => id);

/** The fleet that is meant: the named one, else the only one that the credential reaches. */
export const chooseFleet = (
  principal: Principal,
  wanted: string | undefined,
): Membership | "several" | undefined => {
  const { fleets } = principal.credential;
  const isReached = ({ fleetId }: Membership): boolean => fleets === "*" || fleets.includes(fleetId);
  if (wanted !== undefined) {
    const named = membershipIn(principal, wanted);
    return named && isReached(named) ? named : undefined;
  }
  const reached = [...principal.memberships.values()].filter(isReached);
  return reached.length > 1 ? "several" : reached[0];
};
