// What an ID token says, as far as it is used here. Pure.

export interface OutsidePerson {
  readonly subject: string;
  /** Lower case; undefined: none, or the provider does not vouch for it. */
  readonly email: string | undefined;
  readonly name: string | undefined;
  readonly groups: readonly string[];
  readonly hasSecondFactor: boolean;
}

const groupsMax = 500;

export const readClaims = (claims: Readonly<Record<string, unknown>>, groupsClaim: string): OutsidePerson => {
  const text = (name: string): string | undefined => {
    const value = claims[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const texts = (name: string): readonly string[] => {
    const value = claims[name];
    return Array.isArray(value) ? value.filter((item) => typeof item === "string").slice(0, groupsMax) : [];
  };
  return {
    subject: String(claims.sub),
    email: claims.email_verified === true ? text("email")?.toLowerCase() : undefined,
    name: text("name") ?? text("preferred_username"),
    groups: texts(groupsClaim),
    // RFC 8176: "mfa", or a method that is a second one by itself.
    hasSecondFactor: texts("amr").some((method) => method === "mfa" || method === "hwk" || method === "otp"),
  };
};
