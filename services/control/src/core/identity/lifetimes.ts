// How long what proves an identity is good.
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A browser session: without a use, and at the most. */
export const browserIdleMs = 12 * hourMs;
export const browserMaxMs = 14 * dayMs;
/** A CLI login: without a use. Each use begins it anew. */
export const cliIdleMs = 90 * dayMs;
/** A code with which a browser signs in once. */
export const signInCodeMs = 10 * minuteMs;
/** A code with which the first owner is made, and one that an owner gives to somebody who forgot a password. */
export const setupCodeMs = dayMs;
export const resetCodeMs = dayMs;
/** From the approval in the browser to the terminal beside it. */
export const authorizationCodeMs = minuteMs;
/** For somebody to type a device's code elsewhere (RFC 8628). */
export const deviceGrantMs = 10 * minuteMs;
/** Between the steps of one sign-in. */
export const challengeMs = 5 * minuteMs;
