// What an edge may do for a token: the answer of the internal API (packages/edge).
import {
  type ActiveAnswer,
  type InactiveAnswer,
  type IntrospectAnswer,
  type IntrospectRequest,
  internalLimits,
} from "@cmdop/edge";
import { can } from "../../core/access/can.ts";
import { chooseFleet } from "../../core/access/memberships.ts";
import type { Sealer } from "../../ports.ts";
import { findPrincipal } from "../identity/principals.ts";
import { providersSubject } from "../models/own-providers.ts";
import type { Reader } from "../schema.ts";
import { relayPartOf } from "./relay-part.ts";
import { routerPartOf } from "./router-part.ts";

/** `revSeq` is read with the credential, first: what is read after it has seen the revocations up to there, or more. */
export const introspect = async (
  db: Reader,
  sealer: Sealer,
  request: IntrospectRequest,
  nowMs: number,
): Promise<IntrospectAnswer> => {
  const found = await findPrincipal(db, request.token, nowMs);
  const revSeq = found.revSeq ?? (await newestRevocation(db));
  const inactive = (code: InactiveAnswer["code"]): InactiveAnswer => ({ active: false, code, revSeq });

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

  // A membership is of a fleet that has not ended.
  const { fleetId, fleetSlug, fleetOutage } = membership;
  const isAllowed = (right: Parameters<typeof can>[1]): boolean =>
    can(principal, right, { fleetId }, nowMs).kind === "allow";
  const rights = [...membership.rights].filter(isAllowed).sort();

  const answer: ActiveAnswer = {
    active: true,
    subject: { kind: principal.kind, id: principal.id, name: principal.name },
    tokenId: principal.credential.id,
    kind: principal.credential.kind,
    fingerprint: principal.credential.fingerprint,
    fleet: { id: fleetId, slug: fleetSlug, outage: fleetOutage },
    revocationSubjects: [principal.credential.id, principal.id, membership.id, fleetId],
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
  return {
    ...answer,
    revocationSubjects: [
      ...answer.revocationSubjects,
      ...(principal.kind === "account" ? [providersSubject(principal.id)] : []),
      providersSubject(fleetId),
      providersSubject(null),
    ],
    router: await routerPartOf(db, sealer, principal, fleetId, nowMs),
  };
};

const newestRevocation = async (db: Reader): Promise<number> => {
  const head = await db.selectFrom("audit_head").select("revocation_seq").executeTakeFirstOrThrow();
  return Number(head.revocation_seq);
};

const earliest = (...times: readonly (number | undefined)[]): number | null => {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? null : Math.min(...known);
};
