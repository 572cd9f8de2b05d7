// From somebody's groups at one outside provider to their memberships here. Pure.
//
// I1  A membership that somebody gave by hand, or that another provider's groups gave, is never touched.
// I2  A membership that a group gave ends with the group, except that a fleet's last owner stays.

export interface GroupRole {
  readonly group: string;
  readonly fleetId: string;
  readonly role: string;
  /** How many rights the role has: of several groups the strongest counts. */
  readonly rights: number;
}

export interface HeldMembership {
  readonly id: string;
  readonly fleetId: string;
  readonly role: string;
  /** By the groups of the provider whose groups are asked. */
  readonly isGivenThere: boolean;
  readonly isLastOwner: boolean;
}

export type MembershipStep =
  | { readonly kind: "add"; readonly fleetId: string; readonly role: string }
  | { readonly kind: "change"; readonly id: string; readonly fleetId: string; readonly role: string }
  | { readonly kind: "remove"; readonly id: string; readonly fleetId: string };

export const planMemberships = (
  groups: readonly string[],
  mapping: readonly GroupRole[],
  held: readonly HeldMembership[],
): readonly MembershipStep[] => {
  const given = new Map<string, GroupRole>();
  for (const entry of mapping) {
    const best = given.get(entry.fleetId);
    const isBetter =
      !best || entry.rights > best.rights || (entry.rights === best.rights && entry.role < best.role);
    if (groups.includes(entry.group) && isBetter) given.set(entry.fleetId, entry);
  }
  const steps: MembershipStep[] = [];
  for (const membership of held) {
    const wanted = given.get(membership.fleetId);
    given.delete(membership.fleetId);
    if (!membership.isGivenThere || membership.role === wanted?.role || membership.isLastOwner) continue;
    const { id, fleetId } = membership;
    steps.push(wanted ? { kind: "change", id, fleetId, role: wanted.role } : { kind: "remove", id, fleetId });
  }
  for (const { fleetId, role } of given.values()) steps.push({ kind: "add", fleetId, role });
  return steps;
};
