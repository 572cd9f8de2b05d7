import { type OperatorGrant, revocationKeys, type SessionGrant } from "@cmdop/authority";
import type { Principal } from "../core/parties.ts";

/** What a verified token of a party allows, in the core's words. */
export const toPrincipal = (grant: OperatorGrant | SessionGrant): Principal => ({
  fleet: grant.fleet,
  operator: grant.operator,
  role: grant.role,
  actor: grant.actor,
  // A ticket names its session; which machines its operator sees was checked when it was issued.
  machines: grant.kind === "operator" ? grant.machines : "*",
  observedMachines: grant.kind === "operator" ? grant.observedMachines : [],
  session: grant.kind === "session" ? grant.sessionId : undefined,
  credential: {
    ids: revocationKeys(grant),
    limitMs: grant.limitMs,
    accountId: grant.accountId,
    tokenId: grant.kind === "session" ? (grant.parentId ?? grant.id) : grant.id,
  },
});
