// How somebody proved who they are when their credential was made.

export const proofs = [
  "password",
  "totp",
  "backup_code",
  /** With user verification: possession and a finger or a PIN. */
  "passkey",
  "oidc",
  /** The provider said that it asked for a second factor, or is trusted to. */
  "oidc_mfa",
  /** A one-time code that an owner handed out. */
  "code",
  /** The control plane's own directory: whoever has it has every key. */
  "local",
] as const;
export type Proof = (typeof proofs)[number];

const second: ReadonlySet<string> = new Set(["totp", "backup_code", "passkey", "oidc_mfa", "local"]);

/** Whether these satisfy a fleet that asks for a second factor. Names that are not in the list prove nothing. */
export const isSecondFactorProven = (given: readonly string[]): boolean =>
  given.some((proof) => second.has(proof));
