import { isFingerprint } from "./fingerprint.ts";
import { parseOpaqueToken } from "./opaque-token.ts";

// What a person carries to a new machine: `cmdopjoin1.<pin>.<token>`. The pin is the SHA-256 of the key of the control
// plane's authority in base64url; there are two while that key is being replaced. Whoever has the string can tell the
// right server before it shows the token to anybody.

const mark = "cmdopjoin1";
const pinPrefix = "sha256:";
const pinsMax = 2;

export interface JoinString {
  /** `sha256:…`, one or two. */
  readonly pins: readonly string[];
  /** `cmdop_jon_…`: a secret. */
  readonly token: string;
}

export const toJoinString = ({ pins, token }: JoinString): string =>
  [mark, ...pins.map((pin) => pin.slice(pinPrefix.length)), token].join(".");

/** Undefined for any other text, a mistyped token included. */
export const parseJoinString = (text: string): JoinString | undefined => {
  const [first, ...rest] = text.trim().split(".");
  const token = rest.pop();
  const pins = rest.map((pin) => `${pinPrefix}${pin}`);
  if (first !== mark || token === undefined || pins.length < 1 || pins.length > pinsMax) return undefined;
  if (!pins.every(isFingerprint) || parseOpaqueToken(token)?.kind !== "jon") return undefined;
  return { pins, token };
};
