// What an edge may do for a token: the answer of the internal API (packages/edge).
import {
  type ActiveAnswer,
  type InactiveAnswer,
  type IntrospectAnswer,
  type IntrospectRequest,
  internalLimits,
} from "@cmdop/edge";
import { can } from "../core/access/can.ts";
import { chooseFleet } from "../core/access/memberships.ts";
import type { Sealer } from "../ports.ts";
import { findPrincipal } from "./principals.ts";
import { relayPartOf } from "./relay-part.ts";
import { routerPartOf } from "./router-part.ts";
import type { Reader } from "./schema.ts";

/** In one transaction, so that `revSeq` says what the answer has seen. */
export const introspect = async (
  db: Reader,
  sealer: Sealer,
  request: IntrospectRequest,
  nowMs: number,
): Promise<IntrospectAnswer> => {
  const { revocation_seq } = await db
    .selectFrom("audit_head")
    .select("revocation_seq")
    .executeTakeFirstOrThrow();
  const revSeq = Number(revocation_seq);
  const inactive = (code: InactiveAnswer["code"]): InactiveAnswer => ({ active: false, code, revSeq });

  const found = await findPrincipal(db, request.token, nowMs);
  if (found.kind === "refused") {
    if (found.code === "token_revoked") return inactive("revoked");
    return inactive(found.code === "token_expired" ? "expired" : "unknown");
  }
  const { principal } = found;
  // A browser's session is for the control plane's own pages.
  if (principal.credential.kind === "ses") return inactive("forbidden");
  const membership = chooseFleet(principal, request.fleet);
  if (membership === "several") return inactive("fleet_required");
  if (!membership) return inactive("forbidden");

  const fleet = await db
    .selectFrom("fleets")
    .select(["id", "slug", "outage_policy"])
    .where("id", "=", membership.fleetId)
    .executeTakeFirst();
  if (!fleet) return inactive("forbidden");
  const isAllowed = (right: Parameters<typeof can>[1]): boolean =>
    can(principal, right, { fleetId: fleet.id }, nowMs).kind === "allow";
  const rights = [...membership.rights].filter(isAllowed).sort();

  const answer: ActiveAnswer = {
    active: true,
    subject: { kind: principal.kind, id: principal.id, name: principal.name },
    tokenId: principal.credential.id,
    kind: principal.credential.kind,
    fingerprint: principal.credential.fingerprint,
    fleet: {
      id: fleet.id,
      slug: fleet.slug,
      outage: fleet.outage_policy === "strict" ? "strict" : "best_effort",
    },
    revocationSubjects: [principal.credential.id, principal.id, membership.id, fleet.id],
    rights,
    notAfterMs: earliest(found.expiresAtMs, membership.expiresAtMs),
    limitMs: null,
    freshForMs: internalLimits.freshForMs,
    usableForMs: internalLimits.usableForMs,
    revSeq,
  };
  if (request.need === "relay") {
    const relay = await relayPartOf(db, principal, membership, isAllowed);
    return relay ? { ...answer, relay } : inactive("forbidden");
  }
  if (!isAllowed("models:use")) return inactive("forbidden");
  return { ...answer, router: await routerPartOf(db, sealer, principal, fleet.id, nowMs) };
};

const earliest = (...times: readonly (number | undefined)[]): number | null => {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? null : Math.min(...known);
};
