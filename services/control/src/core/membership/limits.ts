// Bounds of fleets and who is in them.
const hourMs = 3_600_000;
/** From the order to remove a fleet to its end: until then it can be taken back. */
export const fleetDeletionMs = 24 * hourMs;
/** What edges know of them is one text, with so many at the most (packages/edge: contract.ts). */
export const fleetsMax = 10_000;
/** Owned by one account, so that nobody fills the installation. */
export const fleetsPerAccountMax = 500;
export const invitationHours = { default: 7 * 24, min: 1, max: 30 * 24 } as const;
export const invitationsWaitingMax = 500;
export const rolesPerFleetMax = 100;
