import { isMachineId, isSessionId, toDisplayText } from "@cmdop/base";
import { z } from "zod";
import { isFingerprint } from "./fingerprint.ts";

// What the three kinds of token say. All are JWTs signed with Ed25519; the kind stands in the header's `typ`, so
// that no token can pass for one of another kind. Unknown claims are ignored; a known one of a wrong shape
// refuses the token.

export const tokenIssuer = "cmdop";
export const tokenAudience = "cmdop-relay";

export const tokenTypes = {
  machine: "cmdop-machine+jwt",
  operator: "cmdop-operator+jwt",
  session: "cmdop-session+jwt",
} as const;

export type TokenKind = keyof typeof tokenTypes;

/** An operator or observer of sessions. The order is the order of rights. */
export type GrantRole = "operator" | "observer";
export type GrantActor = "human" | "ai" | "program";

/** Names are printed on terminals of others: nothing in them may control one. */
const name = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => toDisplayText(text, 128) === text);
const seconds = z.int().min(0).max(253_402_300_799);

const base = {
  iss: z.literal(tokenIssuer),
  aud: z.union([z.literal(tokenAudience), z.array(z.string()).max(8)]),
  jti: z.string().min(8).max(128),
  iat: seconds,
  nbf: seconds.optional(),
  exp: seconds,
  /** Fleet. */
  flt: name,
  /** What a revocation of the control plane may name beside the token, and the newest one it knew (see `Fence`). */
  sbj: z.array(z.string().min(1).max(128)).max(32).optional(),
  rsq: z.int().min(0).optional(),
  /** Account or service. */
  acc: z.string().min(1).max(128).optional(),
};

const role = z.enum(["operator", "observer"]);
const actor = z.enum(["human", "ai", "program"]);
/** Seconds that a live stream may last, whatever the token's expiry. */
const limit = z
  .int()
  .min(1)
  .max(366 * 86_400)
  .optional();

export const claimSchemas = {
  machine: z.object({
    ...base,
    sub: z.string().refine(isMachineId),
    name,
    cnf: z.object({ kid: z.string().refine(isFingerprint) }),
  }),
  operator: z.object({
    ...base,
    sub: name,
    role,
    act: actor,
    /** Machines by id or name; "*": every machine of the fleet. */
    mch: z.union([z.literal("*"), z.array(name).max(1024)]),
    lim: limit,
  }),
  session: z.object({
    ...base,
    sub: name,
    role,
    act: actor,
    ses: z.string().refine(isSessionId),
    lim: limit,
    /** The `jti` of the operator token that it was issued for. */
    par: z.string().min(8).max(128).optional(),
    /** The name of the key that signed that token: a ticket falls with it. */
    pky: z.string().min(1).max(256).optional(),
    /** When that token was issued: a revocation by name counts from there. */
    auth_time: seconds.optional(),
  }),
} as const;

/**
 * How a credential of the control plane is revoked: by a revocation that names one of the subjects and has a higher
 * number than `revSeq`, the newest one when the credential was made. What is made afterwards stands.
 */
export interface Fence {
  readonly subjects: readonly string[];
  readonly revSeq: number;
}

interface Grant {
  /** The token's own id. */
  readonly id: string;
  /** The key that signed it. */
  readonly keyId: string;
  readonly fleet: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** Undefined: the token comes from no control plane. */
  readonly fence: Fence | undefined;
}

export interface MachineGrant extends Grant {
  readonly kind: "machine";
  readonly machineId: string;
  readonly machineName: string;
  /** The machine's key; a link must prove it. */
  readonly keyFingerprint: string;
}

interface PartyGrant extends Grant {
  readonly operator: string;
  /** At the control plane; undefined: it has none there. */
  readonly accountId: string | undefined;
  readonly role: GrantRole;
  readonly actor: GrantActor;
  /** How long a live stream may last; undefined: no limit. */
  readonly limitMs: number | undefined;
}

export interface OperatorGrant extends PartyGrant {
  readonly kind: "operator";
  readonly machines: "*" | readonly string[];
  /** Machines that may be observed only, whatever `role` and `machines` say; they need not stand in `machines`. */
  readonly observedMachines: readonly string[];
}

export interface SessionGrant extends PartyGrant {
  readonly kind: "session";
  readonly sessionId: string;
  readonly parentId: string | undefined;
  readonly parentKeyId: string | undefined;
}

export type AnyGrant = MachineGrant | OperatorGrant | SessionGrant;

export interface GrantOf {
  readonly machine: MachineGrant;
  readonly operator: OperatorGrant;
  readonly session: SessionGrant;
}
