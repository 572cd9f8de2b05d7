import { clearSessionCookie } from "../../core/identity/cookie.ts";
import { requirePrincipal, writeOperation } from "../../operation.ts";
import { revokeCredentials } from "../../store/keys/revoked-credentials.ts";

export const signOut = writeOperation({
  id: "signOut",
  method: "POST",
  path: "/v1/sign-out",
  tag: "Sign-in",
  summary: "End the login with which this is asked",
  access: { kind: "signed_in" },
  answers: { 204: null },
  handle: async ({ tx, ...call }) => {
    const { credential } = requirePrincipal(call);
    const ended = await revokeCredentials(tx, (row) => row("id", "=", credential.id), "signed out");
    return {
      status: 204,
      // Another request with the same login was faster.
      isUnchanged: ended.length === 0,
      ...(credential.kind === "ses" ? { headers: { "set-cookie": clearSessionCookie } } : {}),
    };
  },
});
