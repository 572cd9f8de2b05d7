import { createPublicKey, type KeyObject } from "node:crypto";
import { type Clock, Failure, type Random, randomBase62 } from "@cmdop/base";
import { SignJWT } from "jose";
import {
  type Fence,
  type GrantActor,
  type GrantRole,
  type TokenKind,
  tokenAudience,
  tokenIssuer,
  tokenTypes,
} from "./claims.ts";
import { rawPublicKey } from "./fingerprint.ts";
import type { PublicJwk } from "./key-set.ts";

/** What signs tokens: an Ed25519 private key and the name under which the key set holds its public half. */
export interface TokenSigner {
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

export const toPublicJwk = (signer: TokenSigner): PublicJwk => ({
  kty: "OKP",
  crv: "Ed25519",
  x: Buffer.from(rawPublicKey(createPublicKey(signer.privateKey))).toString("base64url"),
  kid: signer.keyId,
});

export interface MintContext {
  readonly signer: TokenSigner;
  readonly clock: Pick<Clock, "wallMs">;
  readonly random?: Random;
}

export interface MintedToken {
  readonly token: string;
  /** Its `jti`, by which it can be revoked. */
  readonly id: string;
  readonly expiresAtMs: number;
}

const mint = async (
  context: MintContext,
  kind: TokenKind,
  subject: string,
  validMs: number,
  claims: Record<string, unknown>,
): Promise<MintedToken> => {
  if (!Number.isFinite(validMs) || validMs < 1000) {
    throw new Failure("invalid_argument", "A token must be valid for a second or more.");
  }
  const issuedAtS = Math.floor(context.clock.wallMs() / 1000);
  const expiresAtS = issuedAtS + Math.floor(validMs / 1000);
  const id = `tok_${randomBase62(22, context.random)}`;
  // Once: a signer that is replaced meanwhile must not give its name to the other's signature.
  const { keyId, privateKey } = context.signer;
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: "EdDSA", typ: tokenTypes[kind], kid: keyId })
    .setIssuer(tokenIssuer)
    .setAudience(tokenAudience)
    .setSubject(subject)
    .setJti(id)
    .setIssuedAt(issuedAtS)
    .setExpirationTime(expiresAtS)
    .sign(privateKey);
  return { token, id, expiresAtMs: expiresAtS * 1000 };
};

const defined = (claims: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));

const toLimit = (limitMs: number | undefined): number | undefined =>
  limitMs === undefined ? undefined : Math.max(1, Math.floor(limitMs / 1000));

const toFenceClaims = (fence: Fence | undefined): Record<string, unknown> => ({
  sbj: fence?.subjects,
  rsq: fence?.revSeq,
});

export const mintMachineToken = (
  context: MintContext,
  machine: {
    readonly machineId: string;
    readonly machineName: string;
    readonly keyFingerprint: string;
    readonly fleet?: string;
    readonly fence?: Fence | undefined;
    readonly validMs: number;
  },
): Promise<MintedToken> =>
  mint(
    context,
    "machine",
    machine.machineId,
    machine.validMs,
    defined({
      name: machine.machineName,
      flt: machine.fleet ?? defaultFleet,
      cnf: { kid: machine.keyFingerprint },
      ...toFenceClaims(machine.fence),
    }),
  );

/** The fleet of tokens that name none. */
export const defaultFleet = "default";

export const mintOperatorToken = (
  context: MintContext,
  operator: {
    readonly operator: string;
    readonly role: GrantRole;
    readonly actor: GrantActor;
    readonly machines?: "*" | readonly string[];
    readonly fleet?: string;
    readonly limitMs?: number | undefined;
    readonly fence?: Fence | undefined;
    readonly validMs: number;
  },
): Promise<MintedToken> =>
  mint(
    context,
    "operator",
    operator.operator,
    operator.validMs,
    defined({
      role: operator.role,
      act: operator.actor,
      flt: operator.fleet ?? defaultFleet,
      mch: operator.machines ?? "*",
      lim: toLimit(operator.limitMs),
      ...toFenceClaims(operator.fence),
    }),
  );

export const mintSessionToken = (
  context: MintContext,
  session: {
    readonly operator: string;
    readonly role: GrantRole;
    readonly actor: GrantActor;
    readonly sessionId: string;
    readonly fleet?: string;
    readonly limitMs?: number | undefined;
    readonly parentId?: string | undefined;
    readonly parentKeyId?: string | undefined;
    readonly parentIssuedAtMs?: number | undefined;
    readonly accountId?: string | undefined;
    readonly fence?: Fence | undefined;
    readonly validMs: number;
  },
): Promise<MintedToken> =>
  mint(
    context,
    "session",
    session.operator,
    session.validMs,
    defined({
      role: session.role,
      act: session.actor,
      flt: session.fleet ?? defaultFleet,
      ses: session.sessionId,
      lim: toLimit(session.limitMs),
      par: session.parentId,
      pky: session.parentKeyId,
      acc: session.accountId,
      ...toFenceClaims(session.fence),
      auth_time:
        session.parentIssuedAtMs === undefined ? undefined : Math.floor(session.parentIssuedAtMs / 1000),
    }),
  );
