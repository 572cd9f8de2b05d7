import { Failure } from "@cmdop/base";
import type { Principal } from "../../core/access/principal.ts";
import { requirePrincipal } from "../../operation.ts";

/** The person who asks; programs have no account to look after. */
export const requireAccount = (call: { readonly principal: Principal | undefined }): Principal => {
  const principal = requirePrincipal(call);
  if (principal.kind !== "account" || principal.credential.kind === "api") {
    throw new Failure("permission_denied", "This is for people: sign in.");
  }
  return principal;
};
