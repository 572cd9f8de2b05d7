// When a key that signs tickets and machines' tokens does what. Edges look at the key set every 30 s, processes of the
// control plane once a minute.
//
//   created ──── 25 h ────> signs ── 90 days, or until asked ──> the next one signs ──── 72 h ────> removed

const hourMs = 3_600_000;

/** The contract says 24 hours in the key set before the first use. */
export const publishedBeforeMs = 25 * hourMs;
/** Then the next one is made. */
export const signsForMs = 90 * 24 * hourMs;
/** What it signed last is over by then: tickets and tokens of 24 hours at the most, and 24 of grace in an outage. */
export const keptAfterMs = 72 * hourMs;

export interface SigningKeyTimes {
  readonly signsFromMs: number;
}

export type SigningKeyState = "next" | "signing" | "retired";

/** `keys` in the order of their numbers, which is that of `signsFromMs`. */
export const signingKeyState = (
  keys: readonly SigningKeyTimes[],
  at: number,
  nowMs: number,
): SigningKeyState => {
  const key = keys[at];
  if (!key || key.signsFromMs > nowMs) return "next";
  const next = keys[at + 1];
  return next !== undefined && next.signsFromMs <= nowMs ? "retired" : "signing";
};

/** Undefined: it signs, or will; nothing follows it yet. */
export const keptUntilMs = (keys: readonly SigningKeyTimes[], at: number): number | undefined => {
  const next = keys[at + 1];
  return next && next.signsFromMs + keptAfterMs;
};

export const isNextDue = (keys: readonly SigningKeyTimes[], nowMs: number): boolean => {
  const newest = keys.at(-1);
  return newest !== undefined && newest.signsFromMs + signsForMs <= nowMs;
};
