import {
  type AnyGrant,
  type Authority,
  claimedKeyId,
  type GrantOf,
  type KeySet,
  type OperatorGrant,
  parseOpaqueToken,
  parseRevocationKey,
  revocationKeys,
  type TokenKind,
  type VerifyWish,
  verifyToken,
} from "@cmdop/authority";
import { type Clock, Failure, systemClock, toDisplayText, toFailure } from "@cmdop/base";
import type { ActiveAnswer, InactiveAnswer } from "./contract.ts";
import type { Edge } from "./edge.ts";
import { edgeLimits } from "./limits.ts";

// The authority of a relay that has a control plane. It stands on the relay's own (`local`): what that one signed or
// holds in its key-set file goes on to count, and the relay signs the tickets that it issues.
//
// A1 Tokens that the control plane signed are verified with the newest key set seen, offline; they count only when
//    they say how they can be revoked, and only while the revocations known are complete.
// A2 Operators come with an opaque token, which the control plane is asked about, or with a token of the relay's own;
//    the control plane's schedules come with one that it signed, under A1.
// A3 In a fleet of `strict`, nothing is attached while the feed is silent. Links are taken: without them what runs
//    could not be reached by anybody.
// A4 What a withdrawn key signed is refused, and live streams that were opened with it, or with a ticket that the relay
//    issued for it, end: who signed it is not known.
// A5 A machine's token is taken for `machineGraceMs` past its expiry while the feed is silent and its fleet is
//    `best_effort`: an agent cannot renew it while the control plane is away.

/** Tokens of other kinds (a browser's session, a join token) open nothing at a relay. */
const operatorTokenKinds = ["cli", "api", "svc"];

const noKeys: KeySet = new Map();

export const createControlAuthority = (options: {
  readonly edge: Edge;
  /** The relay's own; closed with this one. */
  readonly local: Authority;
  readonly clock?: Pick<Clock, "wallMs">;
}): Authority => {
  const { edge, local, clock = systemClock } = options;

  const isRevoked = (keys: readonly string[]): boolean =>
    local.isRevoked(keys) ||
    keys.some((key) => {
      const named = parseRevocationKey(key);
      if (!named) return false;
      return named.revSeq === undefined
        ? edge.fence.has(named.subject) || edge.isKeyWithdrawn(named.subject)
        : edge.fence.isStale([named.subject], named.revSeq);
    });

  const isSuspended = (fleet: string): boolean => edge.isSilent && edge.outageOf(fleet) === "strict";

  /** What the control plane may have said about a grant that comes from it, directly or through a ticket. */
  const assertStanding = (grant: AnyGrant): void => {
    if (!edge.isInformed) throw new Failure("authority_unavailable");
    if (isRevoked(revocationKeys(grant))) throw new Failure("token_revoked");
    if (grant.kind !== "machine" && isSuspended(grant.fleet)) throw new Failure("authority_unavailable");
    if (grant.kind === "machine" && edge.isMachineDisabled(grant.fleet, grant.machineId))
      throw new Failure("permission_denied", "The machine is disabled.");
  };

  const verifyOwn = async <Kind extends TokenKind>(kind: Kind, token: string): Promise<GrantOf[Kind]> => {
    const keys = edge.keySet() ?? noKeys;
    const grant = await verifyToken({ keys, clock }, kind, token).catch(async (cause: unknown) => {
      const failure = toFailure(cause);
      if (failure.code !== "token_expired" || kind !== "machine" || !edge.isSilent) throw failure;
      const late = await verifyToken({ keys, clock, graceMs: edgeLimits.machineGraceMs }, kind, token);
      if (edge.outageOf(late.fleet) !== "best_effort") throw failure;
      return late;
    });
    const { fence }: AnyGrant = grant;
    if (!fence) throw new Failure("unauthenticated");
    assertStanding(grant);
    return grant;
  };

  const verifyOpaque = async (token: string, { fleet, peer }: VerifyWish): Promise<OperatorGrant> => {
    const parsed = parseOpaqueToken(token);
    if (!parsed || !operatorTokenKinds.includes(parsed.kind)) throw new Failure("unauthenticated");
    const verdict = await edge.verdict(token, fleet, peer);
    if (verdict.kind === "limited") {
      const { retryAfterMs } = verdict;
      throw new Failure("too_many_unknown_tokens", undefined, { retryAfterMs });
    }
    if (verdict.kind === "unavailable") throw new Failure("authority_unavailable");
    if (verdict.kind === "inactive") throw new Failure(refusals[verdict.code]);
    return toOperatorGrant(verdict.answer, clock.wallMs());
  };

  const verifyLocal = async <Kind extends TokenKind>(
    kind: Kind,
    token: string,
    fleet: string | undefined,
  ): Promise<GrantOf[Kind]> => {
    const grant = await local.verify(kind, token, { fleet }).catch((cause: unknown) => {
      const failure = toFailure(cause);
      // It may be one of the control plane's, whose keys were never seen, or were all withdrawn and the next not seen.
      const isOpen = failure.code === "unauthenticated" && (edge.keySet()?.size ?? 0) === 0;
      throw isOpen ? new Failure("authority_unavailable") : failure;
    });
    // A ticket for an operator of the control plane stands and falls with it.
    if (grant.kind === "session" && grant.fence) assertStanding(grant);
    return grant;
  };

  return {
    verify: async <Kind extends TokenKind>(
      kind: Kind,
      token: string | undefined,
      wanted: VerifyWish = {},
    ): Promise<GrantOf[Kind]> => {
      if (token === undefined) throw new Failure("unauthenticated");
      if (token.startsWith("cmdop_")) {
        if (!isOperator(kind)) throw new Failure("unauthenticated");
        return (await verifyOpaque(token, wanted)) as GrantOf[Kind];
      }
      const keyId = claimedKeyId(token);
      if (keyId !== undefined && edge.isKeyWithdrawn(keyId)) throw new Failure("unauthenticated");
      const isOwn = keyId !== undefined && edge.keySet()?.has(keyId) === true;
      return isOwn ? verifyOwn(kind, token) : verifyLocal(kind, token, wanted.fleet);
    },
    isRevoked,
    hasLeft: (key) => {
      const named = parseRevocationKey(key);
      // Not what counts as stale because news were missed: its machine may be there.
      return named?.revSeq !== undefined && edge.fence.isRevokedAfter(named.subject, named.revSeq);
    },
    onRevoked: (listener) => {
      const stops = [local.onRevoked(listener), edge.onChange(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
    issueTicket: (request) => local.issueTicket(request),
    close: () => local.close(),
  };
};

const isOperator = (kind: TokenKind): kind is "operator" => kind === "operator";

const refusals = {
  unknown: "unauthenticated",
  expired: "token_expired",
  revoked: "token_revoked",
  forbidden: "permission_denied",
  fleet_required: "fleet_required",
} as const satisfies Record<InactiveAnswer["code"], string>;

const toOperatorGrant = (answer: ActiveAnswer, wallMs: number): OperatorGrant => {
  const { relay } = answer;
  if (!relay) throw new Failure("permission_denied");
  return {
    kind: "operator",
    id: answer.tokenId,
    keyId: `token:${answer.tokenId}`,
    fleet: answer.fleet.id,
    issuedAtMs: wallMs,
    expiresAtMs: answer.notAfterMs ?? Number.MAX_SAFE_INTEGER,
    fence: { subjects: answer.revocationSubjects, revSeq: answer.revSeq },
    operator: toDisplayText(answer.subject.name, 128) || answer.subject.id,
    accountId: answer.subject.id,
    role: relay.role,
    actor: relay.actor,
    limitMs: answer.limitMs ?? undefined,
    machines: relay.machines,
    observedMachines: relay.observedMachines,
  };
};
