// Who attaches, as a ticket says it.
import type { Membership, Principal } from "../core/access/principal.ts";
import type { Party } from "../ports.ts";
import type { Reader } from "./schema.ts";

export const partyOf = async (db: Reader, principal: Principal, membership: Membership): Promise<Party> => {
  const head = await db.selectFrom("audit_head").select("revocation_seq").executeTakeFirstOrThrow();
  const { kind, id } = principal.credential;
  return {
    fleetId: membership.fleetId,
    name: principal.name,
    accountId: principal.kind === "account" ? principal.id : undefined,
    actor: principal.actor ?? (kind === "cli" || kind === "ses" ? "human" : "program"),
    fence: {
      subjects: [id, principal.id, membership.id, membership.fleetId],
      revSeq: Number(head.revocation_seq),
    },
  };
};
