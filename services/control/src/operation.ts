// One thing that the control plane can be asked: its address, who may, what it takes, what it answers, and the code.
// The HTTP adapter serves operations, the OpenAPI document is made of them, and an operation that does not say who
// may does not compile.
import { Failure } from "@cmdop/base";
import type { z } from "zod";
import type { Membership, Principal } from "./core/access/principal.ts";
import type { FleetRight, InstallationRight, Right } from "./core/access/rights.ts";
import type { Services } from "./services.ts";
import type { Reader } from "./store/schema.ts";
import type { Actor, Origin, WriteTransaction } from "./store/unit-of-work.ts";

export type Access =
  /** Anybody. The reason stands in the API's document. */
  | { readonly kind: "public"; readonly because: string }
  /** Whoever has the control plane's directory: by its socket alone (adapters/http/local-socket.ts). */
  | { readonly kind: "local" }
  /** Whoever has a live credential; the code itself sees to it that they reach their own things alone. */
  | { readonly kind: "signed_in" }
  | { readonly kind: "installation"; readonly right: InstallationRight }
  /** The fleet is the path's `{fleet}` (id or slug). */
  | { readonly kind: "fleet"; readonly right: FleetRight }
  /** The code finds the fleet out and calls `authorize` with this right before anything else. */
  | { readonly kind: "resolved"; readonly right: FleetRight };

export interface Answer<Body = unknown> {
  readonly status: number;
  readonly body?: Body;
  /** The version that If-Match takes. */
  readonly version?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A write that found nothing to change: there is nothing for the audit log. */
  readonly isUnchanged?: boolean;
  /** What was done is committed; the caller is told this instead. */
  readonly refusal?: Failure;
}

export interface ResourceName {
  readonly fleetId: string;
  readonly machineId?: string | undefined;
}

interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Undefined in a public operation that was called without a credential. */
  readonly principal: Principal | undefined;
  /** The fleet of a fleet operation. */
  readonly membership: Membership | undefined;
  readonly actor: Actor;
  readonly origin: Origin;
  /** The version in If-Match. */
  readonly ifMatch: number | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly services: Services;
  /** `permission_denied` (and an audit entry) unless the principal may. */
  authorize(right: Right, resource: ResourceName): void;
}

export type ReadCall<P = unknown, Q = unknown, B = unknown> = Call<P, Q, B> & { readonly db: Reader };
export type PrepareCall<P = unknown, Q = unknown, B = unknown> = Call<P, Q, B>;
export type WriteCall<P = unknown, Q = unknown, B = unknown, Prepared = unknown> = Call<P, Q, B> & {
  readonly tx: WriteTransaction;
  readonly prepared: Prepared;
};

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

interface Description<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  /** The operationId: `issueKey`. */
  readonly id: string;
  readonly method: Method;
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** By status. Null: no body. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** Media types of what is streamed; without it, answers are JSON. The answer's headers say which it is. */
  readonly produces?: readonly string[];
  /** Requests a minute: by credential, or by address (of IPv6 its /64) where there is none. */
  readonly perMinute?: number;
  /** A credential of a person must have been signed in with within 15 minutes; a program's must name the right. */
  readonly isFreshSignInNeeded?: boolean;
  /** Takes a form and answers refusals as OAuth has them (RFC 6749 5.2), since its callers are OAuth clients. */
  readonly isOAuth?: boolean;
  /** A browser is sent here, not a program: a refusal is shown on a page of ours. */
  readonly isPage?: boolean;
  /** Rows that the transaction may touch, where they are not those of `access`; "own": what is the account's own. */
  readonly rows?: "all" | "own";
}

export interface ReadOperation<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> extends Description<P, Q, B> {
  readonly effect: "read";
  handle(call: ReadCall<z.output<P>, z.output<Q>, z.output<B>>): Promise<Answer>;
}

export interface WriteOperation<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  Prepared = unknown,
> extends Description<P, Q, B> {
  readonly effect: "write";
  /**
   * The answer holds something that is shown once, in its member `secret` or all over: a repetition with the same
   * Idempotency-Key does not get it.
   */
  readonly hasSecret?: boolean | "everything";
  /** What takes long or is not the database's: a hash, a signature, another service. Before the transaction. */
  prepare?(call: PrepareCall<z.output<P>, z.output<Q>, z.output<B>>): Promise<Prepared>;
  handle(call: WriteCall<z.output<P>, z.output<Q>, z.output<B>, Prepared>): Promise<Answer>;
}

/** As a list of them is kept. */
export type Operation = ReadOperation | WriteOperation;

type Erased<Kind> = Kind extends "read" ? ReadOperation : WriteOperation;

export const readOperation = <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  operation: Omit<ReadOperation<P, Q, B>, "effect">,
): ReadOperation => ({ ...operation, effect: "read" }) as unknown as Erased<"read">;

export const writeOperation = <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, Prepared>(
  operation: Omit<WriteOperation<P, Q, B, Prepared>, "effect">,
): WriteOperation => ({ ...operation, effect: "write" }) as unknown as Erased<"write">;

/** The principal of an operation that is not public. */
export const requirePrincipal = ({ principal }: { readonly principal: Principal | undefined }): Principal => {
  if (!principal) throw new Failure("unauthenticated");
  return principal;
};

/** The person who asks; programs have no account to look after. */
export const requireAccount = (call: { readonly principal: Principal | undefined }): Principal => {
  const principal = requirePrincipal(call);
  if (principal.kind !== "account" || principal.credential.kind === "api") {
    throw new Failure("permission_denied", "This is for people: sign in.");
  }
  return principal;
};

/** The membership of a fleet operation. */
export const requireMembership = ({
  membership,
}: {
  readonly membership: Membership | undefined;
}): Membership => {
  if (!membership) throw new Failure("not_found");
  return membership;
};

/** `precondition_failed` when If-Match names another version, `precondition_required` when it names none. */
export const assertVersion = (row: { readonly version: number }, ifMatch: number | undefined): void => {
  if (ifMatch === undefined) throw new Failure("precondition_required");
  if (row.version !== ifMatch) throw new Failure("precondition_failed");
};
