import { type Clock, Failure, toFailure } from "@cmdop/base";
import { decodeProtectedHeader, errors, jwtVerify } from "jose";
import {
  claimSchemas,
  type GrantOf,
  type TokenKind,
  tokenAudience,
  tokenIssuer,
  tokenTypes,
} from "./claims.ts";
import type { KeySet } from "./key-set.ts";

// Whether a token is one of ours, of this kind, now. Not whether it was revoked: that is asked of the revocations
// with the grant that comes out of here.
//
// Every cause of refusal before a valid signature gives the same `unauthenticated` with the same text: what was
// wrong with a token helps who made it up, not who was given it. `token_expired` is told for a good signature only.

/** Longest token that is looked at. Ours have about 500 characters. */
const tokenCharsMax = 4096;
/** How far the clocks of who mints and who verifies may differ, for times that lie ahead. */
const skewMs = 30_000;

const compactPattern = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$/;

/** One text for one token: the signature's last character carries two bits that decoding drops. */
const isCanonical = (token: string): boolean => {
  if (token.length > tokenCharsMax || !compactPattern.test(token)) return false;
  const signature = token.slice(token.lastIndexOf(".") + 1);
  return Buffer.from(signature, "base64url").toString("base64url") === signature;
};

const refused = (cause?: unknown): Failure => new Failure("unauthenticated", undefined, { cause });

/** The `kid` that a JWT claims; nothing of it is verified. */
export const claimedKeyId = (token: string): string | undefined => {
  if (!isCanonical(token)) return undefined;
  try {
    return decodeProtectedHeader(token).kid;
  } catch {
    return undefined;
  }
};

export interface VerifyContext {
  readonly keys: KeySet;
  readonly clock: Pick<Clock, "wallMs">;
  /** How long past its expiry a token is taken. */
  readonly graceMs?: number;
}

export const verifyToken = async <Kind extends TokenKind>(
  context: VerifyContext,
  kind: Kind,
  token: string,
): Promise<GrantOf[Kind]> => {
  if (!isCanonical(token)) throw refused();
  const nowMs = context.clock.wallMs();
  try {
    const { payload, protectedHeader } = await jwtVerify(
      token,
      (header) => {
        const key = header.kid === undefined ? undefined : context.keys.get(header.kid);
        if (!key) throw refused("unknown kid");
        return key;
      },
      {
        algorithms: ["EdDSA"],
        typ: tokenTypes[kind],
        issuer: tokenIssuer,
        audience: tokenAudience,
        requiredClaims: ["sub", "jti", "iat", "exp", "flt"],
        currentDate: new Date(nowMs),
        clockTolerance: Math.floor((context.graceMs ?? 0) / 1000),
      },
    );
    return toGrant(kind, protectedHeader.kid ?? "", payload, nowMs);
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) throw new Failure("token_expired", undefined, { cause });
    const failure = toFailure(cause);
    throw failure.code === "internal" ? refused(cause) : failure;
  }
};

const toGrant = <Kind extends TokenKind>(
  kind: Kind,
  keyId: string,
  payload: unknown,
  nowMs: number,
): GrantOf[Kind] => {
  const makers: { [K in TokenKind]: () => GrantOf[K] } = {
    machine: () => {
      const claims = claimSchemas.machine.parse(payload);
      return {
        ...common(claims, keyId, nowMs),
        kind: "machine",
        machineId: claims.sub,
        machineName: claims.name,
        keyFingerprint: claims.cnf.kid,
      };
    },
    operator: () => {
      const claims = claimSchemas.operator.parse(payload);
      return {
        ...common(claims, keyId, nowMs),
        ...party(claims),
        kind: "operator",
        machines: claims.mch,
        observedMachines: [],
      };
    },
    session: () => {
      const claims = claimSchemas.session.parse(payload);
      const shared = common(claims, keyId, nowMs);
      return {
        ...shared,
        ...party(claims),
        kind: "session",
        issuedAtMs: claims.auth_time === undefined ? shared.issuedAtMs : claims.auth_time * 1000,
        sessionId: claims.ses,
        parentId: claims.par,
        parentKeyId: claims.pky,
      };
    },
  };
  return makers[kind]();
};

const common = (
  claims: {
    jti: string;
    flt: string;
    iat: number;
    exp: number;
    sbj?: string[] | undefined;
    rsq?: number | undefined;
  },
  keyId: string,
  nowMs: number,
) => {
  // jose checks `iat` only against a greatest age; a token from the future is none of ours.
  if (claims.iat * 1000 > nowMs + skewMs) throw refused("issued in the future");
  return {
    id: claims.jti,
    keyId,
    fleet: claims.flt,
    issuedAtMs: claims.iat * 1000,
    expiresAtMs: claims.exp * 1000,
    fence:
      claims.sbj === undefined || claims.rsq === undefined
        ? undefined
        : { subjects: claims.sbj, revSeq: claims.rsq },
  };
};

const party = <Role, Actor>(claims: {
  sub: string;
  role: Role;
  act: Actor;
  lim?: number | undefined;
  acc?: string | undefined;
}) => ({
  operator: claims.sub,
  accountId: claims.acc,
  role: claims.role,
  actor: claims.act,
  limitMs: claims.lim === undefined ? undefined : claims.lim * 1000,
});
