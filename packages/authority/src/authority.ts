import { type Clock, Failure, type Random, systemClock } from "@cmdop/base";
import type { GrantOf, GrantRole, OperatorGrant, TokenKind } from "./claims.ts";
import { machineFingerprint } from "./fingerprint.ts";
import { openKeySet } from "./key-set.ts";
import { isLinkProof } from "./link-proof.ts";
import { openRelaySigner, relayPaths } from "./relay-home.ts";
import { openRevocations, revocationKeys } from "./revocations.ts";
import { type MintedToken, mintSessionToken } from "./tokens.ts";
import { verifyToken } from "./verify.ts";

/** Who may do what, as a relay asks it. Every refusal is a Failure with a public text. */
export interface Authority {
  /**
   * The grant in a token of this kind, or `unauthenticated`, `token_expired`, `token_revoked`; with a control plane
   * also `permission_denied`, `fleet_required` and `authority_unavailable`.
   */
  verify<Kind extends TokenKind>(
    kind: Kind,
    token: string | undefined,
    wanted?: VerifyWish,
  ): Promise<GrantOf[Kind]>;
  /** Whether a grant with these `revocationKeys` was revoked since; for live streams. */
  isRevoked(keys: readonly string[]): boolean;
  /** Whether the machine of a grant with this `leavingKey` has left its fleet since: nothing of it is found there any more. */
  hasLeft(key: string): boolean;
  /** Called after new revocations hold: ask `isRevoked` for every live stream. Returns how to stop. */
  onRevoked(listener: () => void): () => void;
  /** A ticket for one session, at most as wide as the operator's own grant. */
  issueTicket(request: TicketRequest): Promise<MintedToken & { readonly role: GrantRole }>;
  close(): void;
}

export interface VerifyWish {
  /** The fleet that the caller means, by id or slug. */
  readonly fleet?: string | undefined;
  /** The caller's address, without a port; undefined: its unknown tokens are not counted. */
  readonly peer?: string | undefined;
}

export interface TicketRequest {
  readonly grant: OperatorGrant;
  readonly sessionId: string;
  /** Unset: the operator's own. A role above it is refused with `permission_denied`. */
  readonly role?: GrantRole | undefined;
  readonly validMs?: number | undefined;
}

export interface AuthorityEvents {
  keySetReloaded(keys: number): void;
  keySetInvalid(cause: unknown): void;
  revoked(count: number): void;
  revocationMalformed(line: number): void;
  revocationsUnreadable(cause: unknown): void;
}

/** Tickets are asked for right before they are used; a reconnect within this time needs no new one. */
export const ticketValidMsDefault = 10 * 60_000;
export const ticketValidMsMax = 24 * 3_600_000;

/** The authority of a relay that stands alone: a key-set file and a revocation file, both followed. */
export const openKeySetAuthority = async (
  dir: string,
  options: {
    readonly events?: Partial<AuthorityEvents>;
    readonly clock?: Pick<Clock, "wallMs">;
    readonly random?: Random;
  } = {},
): Promise<Authority> => {
  const paths = relayPaths(dir);
  const clock = options.clock ?? systemClock;
  const events = options.events ?? {};
  const listeners = new Set<() => void>();
  const signer = await openRelaySigner(dir);
  const keySet = await openKeySet(paths.keySet, {
    reloaded: (keys) => events.keySetReloaded?.(keys),
    invalid: (cause) => events.keySetInvalid?.(cause),
  });
  const revocations = await openRevocations(paths.revocations, {
    revoked: (count) => {
      events.revoked?.(count);
      for (const listener of [...listeners]) listener();
    },
    malformed: (line) => events.revocationMalformed?.(line),
    unreadable: (cause) => events.revocationsUnreadable?.(cause),
  }).catch((error: unknown) => {
    keySet.close();
    throw error;
  });

  return {
    verify: async (kind, token, wanted) => {
      if (token === undefined) throw new Failure("unauthenticated");
      const grant = await verifyToken({ keys: keySet.current(), clock }, kind, token);
      if (revocations.isRevoked(revocationKeys(grant))) throw new Failure("token_revoked");
      if (wanted?.fleet !== undefined && wanted.fleet !== grant.fleet)
        throw new Failure("permission_denied", "The token is for another fleet.");
      return grant;
    },
    isRevoked: (keys) => revocations.isRevoked(keys),
    // Without a control plane there is no fleet to leave: a machine that stays away is forgotten in time.
    hasLeft: () => false,
    onRevoked: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    issueTicket: async ({ grant, sessionId, role = grant.role, validMs = ticketValidMsDefault }) => {
      if (role === "operator" && grant.role !== "operator") throw new Failure("permission_denied");
      const minted = await mintSessionToken(
        { signer, clock, ...(options.random === undefined ? {} : { random: options.random }) },
        {
          operator: grant.operator,
          role,
          actor: grant.actor,
          sessionId,
          fleet: grant.fleet,
          limitMs: grant.limitMs,
          parentId: grant.id,
          parentKeyId: grant.keyId,
          parentIssuedAtMs: grant.issuedAtMs,
          accountId: grant.accountId,
          fence: grant.fence,
          validMs: Math.min(ticketValidMsMax, Math.max(1000, validMs)),
        },
      );
      return { ...minted, role };
    },
    close: () => {
      keySet.close();
      revocations.close();
      listeners.clear();
    },
  };
};

/** Whether the party at a link holds the key that its machine token names; else `identity_unproven`. */
export const assertLinkIdentity = (
  grant: { readonly keyFingerprint: string },
  proof: {
    readonly publicKey: Uint8Array;
    readonly signature: Uint8Array;
    readonly relayId: string;
    readonly nonce: Uint8Array;
  },
): void => {
  if (machineFingerprint(proof.publicKey) !== grant.keyFingerprint || !isLinkProof(proof)) {
    throw new Failure("identity_unproven");
  }
};

/** `permission_denied` unless the ticket is for this session. */
export const assertSession = (grant: { readonly sessionId: string }, sessionId: string): void => {
  if (grant.sessionId !== sessionId)
    throw new Failure("permission_denied", "The token is for another session.");
};
