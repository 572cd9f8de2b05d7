// A login of a terminal that has no browser (RFC 8628): what an answer to its question is. Pure.
//
// I1  A grant belongs to whoever typed its code first; nobody else sees, approves or denies it.
// I2  What was redeemed, denied or has run out gives nothing.

export type DeviceGrantState = "waiting" | "claimed" | "approved" | "denied" | "redeemed";

export interface DeviceGrant {
  readonly state: DeviceGrantState;
  readonly intervalS: number;
  readonly polledAtMs: number | undefined;
  readonly expiresAtMs: number;
}

export type DevicePoll =
  | { readonly kind: "approved" }
  | { readonly kind: "authorization_pending" }
  /** `intervalS`: from now on. */
  | { readonly kind: "slow_down"; readonly intervalS: number }
  | { readonly kind: "access_denied" }
  | { readonly kind: "expired_token" }
  | { readonly kind: "invalid_grant" };

export const pollIntervalS = 5;
/** RFC 8628 3.5: so much longer after each question that came too early. */
const slowDownS = 5;
const intervalMaxS = 60;
/** A timer that fires a little early is no haste. */
const slackMs = 250;

export const pollDeviceGrant = (grant: DeviceGrant | undefined, nowMs: number): DevicePoll => {
  if (!grant) return { kind: "invalid_grant" };
  if (grant.state === "redeemed") return { kind: "invalid_grant" };
  if (grant.state === "denied") return { kind: "access_denied" };
  if (grant.expiresAtMs <= nowMs) return { kind: "expired_token" };
  if (grant.state === "approved") return { kind: "approved" };
  const { polledAtMs, intervalS } = grant;
  if (polledAtMs !== undefined && nowMs - polledAtMs < intervalS * 1000 - slackMs) {
    return { kind: "slow_down", intervalS: Math.min(intervalS + slowDownS, intervalMaxS) };
  }
  return { kind: "authorization_pending" };
};

/** No vowels, no digits, nothing that looks like something else (RFC 8628 6.1): 20^8, 34 bits. */
export const userCodeAlphabet = "BCDFGHJKLMNPQRSTVWXZ";
export const userCodeChars = 8;

/** As it was typed, without what does not count; undefined: it cannot be one. */
export const parseUserCode = (typed: string): string | undefined => {
  const code = typed.toUpperCase().replaceAll(/[\s-]/g, "");
  return code.length === userCodeChars && [...code].every((letter) => userCodeAlphabet.includes(letter))
    ? code
    : undefined;
};

export const showUserCode = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;
