// How many wrong proofs somebody may give, and how long they wait after more. Pure; the counts are kept elsewhere.
//
// I1  A try is counted before it is checked: many at once are no more tries than one after another.
// I2  From one address, one account's guesses are slowed first; a stranger elsewhere who knows an account's address
//     cannot keep its owner out for long.

export interface ThrottleRule {
  /** Tries without a wait. */
  readonly freeTries: number;
  /** The wait after the first try above; it doubles with each further one. */
  readonly firstWaitMs: number;
  readonly waitMsMax: number;
}

/** Without a try for so long, everything is forgotten. */
export const throttleForgetMs = 3_600_000;

export const throttleRules = {
  /** One account from one address. */
  pair: { freeTries: 5, firstWaitMs: 15_000, waitMsMax: 15 * 60_000 },
  /** One account from anywhere: 6 digits guessed from a thousand addresses. */
  account: { freeTries: 30, firstWaitMs: 15_000, waitMsMax: 5 * 60_000 },
  /** One address, whatever the account: one password tried on a thousand of them. */
  address: { freeTries: 50, firstWaitMs: 15_000, waitMsMax: 15 * 60_000 },
} as const satisfies Record<string, ThrottleRule>;
export type ThrottleKind = keyof typeof throttleRules;

export interface ThrottleState {
  readonly tries: number;
  readonly lastAtMs: number;
  readonly blockedUntilMs: number | undefined;
}

export type ThrottleStep =
  | { readonly kind: "refused"; readonly retryAfterMs: number }
  | { readonly kind: "entered"; readonly state: ThrottleState };

export const enterThrottle = (
  known: ThrottleState | undefined,
  kind: ThrottleKind,
  nowMs: number,
): ThrottleStep => {
  const rule = throttleRules[kind];
  const state = known && nowMs - known.lastAtMs < throttleForgetMs ? known : undefined;
  if (state?.blockedUntilMs !== undefined && state.blockedUntilMs > nowMs) {
    return { kind: "refused", retryAfterMs: state.blockedUntilMs - nowMs };
  }
  const tries = (state?.tries ?? 0) + 1;
  const above = tries - rule.freeTries;
  const waitMs =
    above < 0 ? undefined : Math.min(rule.waitMsMax, rule.firstWaitMs * 2 ** Math.min(above, 30));
  return {
    kind: "entered",
    state: { tries, lastAtMs: nowMs, blockedUntilMs: waitMs === undefined ? undefined : nowMs + waitMs },
  };
};
