// What a password must be: long, and not what somebody who knows the person tries first. No rule about kinds of
// characters: they make passwords worse (NIST SP 800-63B 3.1.1.2).
import { Failure } from "@cmdop/base";

export const passwordCharsMin = 12;
export const passwordCharsMax = 256;
const differentCharsMin = 5;

/** `invalid_argument`, saying what is wrong with it. */
export const assertPassword = (
  password: string,
  owner: { readonly email: string; readonly name: string },
): void => {
  const problem = problemOf(password, owner);
  if (problem === undefined) return;
  throw new Failure("invalid_argument", `The password ${problem}.`, {
    details: { errors: [{ pointer: "/password", detail: problem }] },
  });
};

const problemOf = (
  password: string,
  { email, name }: { readonly email: string; readonly name: string },
): string | undefined => {
  const points = Array.from(password);
  if (points.length < passwordCharsMin) return `needs at least ${passwordCharsMin} characters`;
  if (points.length > passwordCharsMax) return `has more than ${passwordCharsMax} characters`;
  if (new Set(points).size < differentCharsMin)
    return `needs at least ${differentCharsMin} different characters`;
  const lower = password.toLowerCase();
  if (lower === email || lower === name.toLowerCase()) return "is the account's own name";
  return undefined;
};
