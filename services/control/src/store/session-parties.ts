// Who attaches, as a ticket says it.
import type { Membership, Principal } from "../core/access/principal.ts";
import type { Party } from "../ports.ts";

/** As old as what is known of them: a revocation that came since ends the ticket. */
export const partyOf = (principal: Principal, membership: Membership): Party => {
  const { kind, id } = principal.credential;
  return {
    fleetId: membership.fleetId,
    name: principal.name,
    accountId: principal.kind === "account" ? principal.id : undefined,
    actor: principal.actor ?? (kind === "cli" || kind === "ses" ? "human" : "program"),
    fence: {
      subjects: [id, principal.id, membership.id, membership.fleetId],
      revSeq: principal.revSeq,
    },
  };
};
