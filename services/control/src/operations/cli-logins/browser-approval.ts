// Who may approve a terminal's login: a person in a browser, lately signed in. A terminal approves no other terminal,
// so that a stolen login cannot outlive itself.
import { Failure } from "@cmdop/base";
import type { Principal } from "../../core/access/principal.ts";
import { requirePrincipal } from "../../operation.ts";
import type { Reader } from "../../store/schema.ts";

export const requireBrowser = (call: { readonly principal: Principal | undefined }): Principal => {
  const principal = requirePrincipal(call);
  if (principal.credential.kind !== "ses") {
    throw new Failure("permission_denied", "A terminal's login is approved in a browser.");
  }
  return principal;
};

/** What the approving login was proved with: the terminal's is worth as much and no more. */
export const proofsOf = async (
  db: Reader,
  { credential }: Principal,
): Promise<{ readonly proofs: string[]; readonly signed_in_at: Date | null }> =>
  db
    .selectFrom("credentials")
    .select(["proofs", "signed_in_at"])
    .where("id", "=", credential.id)
    .executeTakeFirstOrThrow();
