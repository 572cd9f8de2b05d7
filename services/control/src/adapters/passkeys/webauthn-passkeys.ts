// Passkeys (W3C Web Authentication, level 3): made and used with user verification alone, so that one is a possession
// and a finger or a PIN at once.
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import type { Passkeys } from "../../ports.ts";

/** Loaded where a passkey is used: its 250 modules cost 150 ms and 20 MB that a start should not pay. */
const loadWebauthn = () => import("@simplewebauthn/server");

export const createWebauthnPasskeys = (options: {
  readonly name: string;
  /** An origin; its host is what the passkeys are bound to. */
  readonly publicUrl: () => string;
}): Passkeys => {
  const relyingParty = (): { readonly origin: string; readonly host: string } => {
    const { origin, hostname } = new URL(options.publicUrl());
    return { origin, host: hostname };
  };
  return {
    registrationOptions: async ({ account, challenge, known }) => ({
      ...(await (
        await loadWebauthn()
      ).generateRegistrationOptions({
        rpName: options.name,
        rpID: relyingParty().host,
        userID: Buffer.from(account.id),
        userName: account.email,
        userDisplayName: account.name,
        challenge: fromBase64url(challenge),
        attestationType: "none",
        excludeCredentials: known.map((id) => ({ id })),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
      })),
    }),
    verifyRegistration: async (response, challenge) => {
      const { verifyRegistrationResponse } = await loadWebauthn();
      const { origin, host } = relyingParty();
      const { registrationInfo } = await verifyRegistrationResponse({
        response: response as unknown as RegistrationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: host,
        requireUserVerification: true,
      }).catch(refused);
      if (!registrationInfo) return undefined;
      const { credential, credentialBackedUp } = registrationInfo;
      return {
        credentialId: credential.id,
        publicKey: credential.publicKey,
        signCount: credential.counter,
        transports: credential.transports ?? [],
        isBackedUp: credentialBackedUp,
      };
    },
    signInOptions: async (challenge) => ({
      ...(await (
        await loadWebauthn()
      ).generateAuthenticationOptions({
        rpID: relyingParty().host,
        challenge: fromBase64url(challenge),
        userVerification: "required",
      })),
    }),
    verifySignIn: async (response, challenge, known) => {
      const { verifyAuthenticationResponse } = await loadWebauthn();
      const { origin, host } = relyingParty();
      const { authenticationInfo } = await verifyAuthenticationResponse({
        response: response as unknown as AuthenticationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: host,
        credential: {
          id: known.credentialId,
          publicKey: new Uint8Array(known.publicKey),
          counter: known.signCount,
        },
        requireUserVerification: true,
      })
        .then((checked) => (checked.verified ? checked : refused()))
        .catch(refused);
      return authenticationInfo && { signCount: authenticationInfo.newCounter };
    },
  };
};

const fromBase64url = (text: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(text, "base64url"));

/** The library throws for what does not hold, with texts that are not for people. */
const refused = (): { registrationInfo?: undefined; authenticationInfo?: undefined } => ({});
