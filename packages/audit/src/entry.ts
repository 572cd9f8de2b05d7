import { Failure } from "@cmdop/base";
import type { Json } from "./canonical-json.ts";
import { type Hash, isHash } from "./sha256.ts";

export type AuditOutcome = "allowed" | "denied" | "failed";

export interface AuditActor {
  /** `account`, `service`, `machine`, `system` and the like. */
  readonly kind: string;
  readonly id: string;
  /** The fingerprint of the credential that was used. */
  readonly fingerprint?: string | undefined;
  /** The name at that time, for readers. */
  readonly name?: string | undefined;
}

export interface AuditTarget {
  readonly kind: string;
  readonly id: string;
}

/** One line of the audit log: who did what to what, and whether it was allowed. */
export interface AuditEntry {
  /** Counts from 1 without a gap; the entry is leaf `seq - 1` of the tree. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds: `2026-11-25T18:30:00.000Z`. */
  readonly at: string;
  readonly actor: AuditActor;
  /** `resource.verb`, as in `key.revoke`. */
  readonly action: string;
  readonly target?: AuditTarget | undefined;
  readonly fleet?: string | undefined;
  readonly outcome: AuditOutcome;
  readonly requestId: string;
  readonly ip?: string | undefined;
  /** The program that asked, as it names itself. */
  readonly client?: string | undefined;
  /** Why it was denied or failed. */
  readonly reason?: string | undefined;
  /** Digest of the thing before the change. */
  readonly before?: Hash | undefined;
  /** Digest of the thing after the change. */
  readonly after?: Hash | undefined;
  /** What else matters. The writer leaves out every secret: nothing can be taken back from a chain. */
  readonly body: { readonly [name: string]: Json | undefined };
}

/** An entry before it has its place. */
export type AuditEntryDraft = Omit<AuditEntry, "seq">;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string" && value !== "" && value.length <= 1024;
const isKind: Check = (value) => typeof value === "string" && /^[a-z][a-z0-9_]{0,63}$/.test(value);
const isAction: Check = (value) =>
  typeof value === "string" && /^[a-z][a-z0-9_]{0,63}(\.[a-z][a-z0-9_]{0,63})+$/.test(value);
const isTime: Check = (value) =>
  typeof value === "string" &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
  !Number.isNaN(Date.parse(value)) &&
  new Date(value).toISOString() === value;
const isObject: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isOutcome: Check = (value) => value === "allowed" || value === "denied" || value === "failed";

interface Member {
  readonly check: Check;
  readonly isOptional?: true;
  readonly expects: string;
}

const text = { check: isText, expects: "text of 1 to 1,024 characters" };
const kind = { check: isKind, expects: "a word of small letters" };
const digest = { check: isHash, expects: "64 hexadecimal digits" };
const optional = (member: Member): Member => ({ ...member, isOptional: true });

const members: Readonly<Record<keyof AuditEntryDraft, Member>> = {
  at: { check: isTime, expects: "RFC 3339 in UTC with milliseconds" },
  actor: { check: isObject, expects: "an object" },
  action: { check: isAction, expects: "resource.verb" },
  target: optional({ check: isObject, expects: "an object" }),
  fleet: optional(text),
  outcome: { check: isOutcome, expects: "allowed, denied or failed" },
  requestId: text,
  ip: optional(text),
  client: optional(text),
  reason: optional(text),
  before: optional(digest),
  after: optional(digest),
  body: { check: isObject, expects: "an object" },
};
const actorMembers: Readonly<Record<keyof AuditActor, Member>> = {
  kind,
  id: text,
  fingerprint: optional(text),
  name: optional(text),
};
const targetMembers: Readonly<Record<keyof AuditTarget, Member>> = { kind, id: text };

const assertMembers = (at: string, value: object, allowed: Readonly<Record<string, Member>>): void => {
  const object = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(object)) {
    if (!Object.hasOwn(allowed, name)) {
      throw new Failure("invalid_argument", `An audit entry has no member ${at}${name}.`);
    }
  }
  for (const [name, member] of Object.entries(allowed)) {
    const found = object[name];
    if (found === undefined && member.isOptional) continue;
    if (!member.check(found)) {
      throw new Failure("invalid_argument", `${at}${name} of an audit entry takes ${member.expects}.`);
    }
  }
};

/** Throws `Failure("invalid_argument")` for an entry that may not be written; unknown members are refused. */
export const assertDraft = (draft: AuditEntryDraft): void => {
  assertMembers("", draft, members);
  assertMembers("actor.", draft.actor, actorMembers);
  if (draft.target !== undefined) assertMembers("target.", draft.target, targetMembers);
};
