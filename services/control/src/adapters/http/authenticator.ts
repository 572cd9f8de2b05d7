// Who asks. Every request asks the database: a credential that was revoked is refused from that moment on.
import { Failure } from "@cmdop/base";
import type { FastifyRequest } from "fastify";
import type { Principal } from "../../core/access/principal.ts";
import { findPrincipal } from "../../store/identity/principals.ts";
import type { CredentialUses } from "../../store/keys/credential-uses.ts";
import type { UnitOfWork } from "../../store/unit-of-work.ts";
import { isCookie, presentedToken } from "./authentication.ts";

export interface Authenticator {
  /**
   * Undefined: no credential was presented. A bad one is a failure, also where none is needed; but a browser sends its
   * old cookie along to the sign-in, so where none is needed that counts as none.
   */
  authenticate(request: FastifyRequest, isNeeded: boolean): Promise<Principal | undefined>;
}

export const createAuthenticator = (options: {
  readonly unitOfWork: UnitOfWork;
  readonly uses: CredentialUses;
  readonly wallMs: () => number;
}): Authenticator => ({
  authenticate: async (request, isNeeded) => {
    const token = presentedToken(request);
    if (token === undefined) return undefined;
    const nowMs = options.wallMs();
    const found = await options.unitOfWork.lookUp((db) => findPrincipal(db, token, nowMs));
    if (found.kind === "refused") {
      if (!isNeeded && isCookie(token)) return undefined;
      throw new Failure(found.code);
    }
    options.uses.record({
      credentialId: found.principal.credential.id,
      atMs: nowMs,
      from: request.ip,
      isFirst: found.lastUsedAtMs === undefined,
    });
    return found.principal;
  },
});
