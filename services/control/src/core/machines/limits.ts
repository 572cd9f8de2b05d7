// Bounds of machines and of how they come in.

/** As many as an edge's snapshot lists of a fleet. */
export const machinesPerFleetMax = 10_000;
export const liveJoinTokensPerFleetMax = 500;
export const waitingEnrolmentsPerFleetMax = 500;

export const tagsMax = 32;
export const nameCharsMax = 128;

export const joinTokenValidMs = { default: 3_600_000, min: 60_000, max: 90 * 86_400_000 } as const;
export const joinTokenUsesMax = 10_000;
/** A machine that vanishes by itself is away for as long first. */
export const ephemeralAfterMs = { default: 10 * 60_000, min: 60_000, max: 7 * 86_400_000 } as const;
export const enrolmentWaitsMs = 24 * 3_600_000;
/** Between two questions of a machine that waits to be let in. */
export const enrolmentAskAgainS = 5;
/** A challenge that is not answered by then is refused. */
export const challengeValidMs = 120_000;
