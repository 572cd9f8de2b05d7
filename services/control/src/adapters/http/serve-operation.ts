// Serves one operation: who asks, how often, whether they may, then what they sent, then the transaction.
//
// I1  Who may is decided before the body is read, and once more after a body that let itself be waited for: nobody keeps
//     a right by sending slowly.
// I2  A change with an Idempotency-Key happens once: its key is claimed in its own transaction, before anything else. A
//     repetition does foreign work as little: it is answered before it is prepared.
// I3  An operation whose fleet is found by its code has called `authorize` by the time it answers, or nothing commits.
import type { Socket } from "node:net";
import { networkOf } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { can, type DenialReason } from "../../core/access/can.ts";
import { membershipIn } from "../../core/access/memberships.ts";
import type { Membership, Principal } from "../../core/access/principal.ts";
import type { Right } from "../../core/access/rights.ts";
import type { Access, Answer, Operation, PrepareCall, ResourceName } from "../../operation.ts";
import type { Services } from "../../services.ts";
import { answeredBefore, claimIdempotencyKey, storeAnswer } from "../../store/idempotency.ts";
import type { Actor, Origin, RowScope } from "../../store/unit-of-work.ts";
import type { Authenticator } from "./authenticator.ts";
import { operationSchema } from "./operation-schema.ts";
import { toHttpFailure } from "./problems.ts";
import type { RateLimits } from "./rate-limits.ts";
import { assertStorable } from "./storable-text.ts";

export interface Serving {
  readonly services: Services;
  readonly authenticator: Authenticator;
  readonly rateLimits: RateLimits;
  /** Whether the request came by the socket in the control plane's own directory. */
  readonly isLocal: (socket: Socket) => boolean;
}

/** What is known of a request before its body is. */
interface Asked {
  readonly principal: Principal | undefined;
  readonly membership: Membership | undefined;
  readonly actor: Actor;
  readonly origin: Origin;
  /** It was not there yet when this was decided. */
  readonly isBodyAwaited?: boolean;
}

declare module "fastify" {
  interface FastifyRequest {
    asked?: Asked;
  }
}

export const perMinuteDefault = 600;
const publicPerMinuteDefault = 60;
const freshSignInMs = 15 * 60_000;
const idempotencyKeyPattern = /^[\x21-\x7e]{1,255}$/;

const anonymous: Actor = { kind: "anonymous", id: "anonymous" };
const localOwner: Actor = { kind: "system", id: "local" };

export const originOf = (request: FastifyRequest): Origin => ({
  requestId: request.id,
  ip: request.ip,
  client: request.headers["user-agent"]?.slice(0, 200),
});

const actorOf = (principal: Principal): Actor => ({
  kind: principal.kind,
  id: principal.id,
  name: principal.name,
  fingerprint: principal.credential.fingerprint,
});

export const serveOperation = (app: FastifyInstance, operation: Operation, serving: Serving): void => {
  app.route({
    method: operation.method,
    url: operation.path.replace(/\{(\w+)\}/g, ":$1"),
    schema: operationSchema(operation),
    onRequest: async (request) => {
      const asked = await admit(operation, request, serving, "first");
      request.asked = { ...asked, isBodyAwaited: request.raw.complete === false };
    },
    preValidation: async (request) => {
      if (request.asked?.isBodyAwaited) request.asked = await admit(operation, request, serving, "again");
      assertStorable(request.params, "/params");
      assertStorable(request.query, "/querystring");
      assertStorable(request.body, "");
    },
    ...(operation.isPage ? { errorHandler: showOnPage } : {}),
    handler: (request, reply) => answer(operation, request, reply, serving),
  });
};

/** What stands behind # is sent to nobody, and the page shows it as text. A fault of ours is told as one, and logged. */
const showOnPage = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const failure = toHttpFailure(error);
  if (failure.code === "internal" || !request.headers.accept?.includes("text/html")) throw error;
  const page = request.asked?.principal ? "/account" : "/sign-in";
  return reply.redirect(`${page}#problem=${encodeURIComponent(failure.message)}`, 303);
};

const admit = async (
  operation: Operation,
  request: FastifyRequest,
  serving: Serving,
  time: "first" | "again",
): Promise<Asked> => {
  const { access } = operation;
  const origin = originOf(request);
  if (access.kind === "local") {
    if (!serving.isLocal(request.raw.socket))
      throw new Failure("not_found", "There is nothing at this address.");
    return { principal: undefined, membership: undefined, actor: localOwner, origin };
  }
  const principal = await serving.authenticator.authenticate(request, access.kind !== "public");
  if (time === "first") {
    await serving.rateLimits.enter({
      operation: operation.id,
      by: principal?.credential.id ?? networkOf(request.ip ?? ""),
      perMinute: operation.perMinute ?? (principal ? perMinuteDefault : publicPerMinuteDefault),
    });
  }
  const actor = principal ? actorOf(principal) : anonymous;
  if (access.kind === "public") return { principal, membership: undefined, actor, origin };
  if (!principal) throw new Failure("unauthenticated");

  const nowMs = serving.services.clock.wallMs();
  const membership = access.kind === "fleet" ? membershipAt(principal, request.params) : undefined;
  if (access.kind === "fleet" && !membership) {
    serving.services.denials.record({ actor, origin, operation: operation.id, reason: "not_a_member" });
    throw new Failure("not_found", "There is no such fleet, or you are not in it.");
  }
  if (access.kind === "fleet" || access.kind === "installation") {
    const decision = can(principal, access.right, { fleetId: membership?.fleetId }, nowMs);
    if (decision.kind === "deny") {
      const { reason } = decision;
      const fleet = membership?.fleetId;
      serving.services.denials.record({
        actor,
        origin,
        operation: operation.id,
        right: access.right,
        fleet,
        reason,
      });
      throw denied(access.right, reason);
    }
  }
  if (operation.isFreshSignInNeeded) assertFresh(principal, access, nowMs);
  return { principal, membership, actor, origin };
};

const denied = (right: Right, reason: DenialReason): Failure =>
  reason === "mfa_needed"
    ? new Failure("mfa_needed", undefined, { details: { right, reason } })
    : new Failure("permission_denied", `This needs the right ${right}.`, { details: { right, reason } });

const membershipAt = (principal: Principal, params: unknown): Membership | undefined => {
  const { fleet } = params as { readonly fleet?: string };
  return fleet === undefined ? undefined : membershipIn(principal, fleet);
};

/** A person's credential must be fresh; a program has nobody to ask, so its scopes must name the right. */
const assertFresh = ({ credential }: Principal, access: Access, nowMs: number): void => {
  if (credential.signedInAtMs !== undefined && nowMs - credential.signedInAtMs <= freshSignInMs) return;
  const right = "right" in access ? access.right : undefined;
  if (right !== undefined && credential.scopes !== "*" && credential.scopes.includes(right)) return;
  throw new Failure("fresh_sign_in_needed");
};

const answer = async (
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
  serving: Serving,
): Promise<FastifyReply> => {
  const { services } = serving;
  const asked = request.asked;
  if (!asked) throw new Error("a request that was not admitted");
  let isAuthorized = operation.access.kind !== "resolved";
  const authorize = (right: Right, resource: ResourceName): void => {
    if (!asked.principal) throw new Failure("unauthenticated");
    const decision = can(asked.principal, right, resource, services.clock.wallMs());
    if (decision.kind === "deny") {
      const { actor, origin } = asked;
      const { reason } = decision;
      const fleet = asked.principal.memberships.has(resource.fleetId) ? resource.fleetId : undefined;
      serving.services.denials.record({ actor, origin, operation: operation.id, right, fleet, reason });
      throw reason === "not_a_member" ? new Failure("not_found") : denied(right, reason);
    }
    isAuthorized = true;
  };
  const call: PrepareCall = {
    ...asked,
    params: request.params,
    query: request.query,
    body: request.body,
    ifMatch: parseIfMatch(request.headers["if-match"]),
    headers: request.headers as Readonly<Record<string, string | undefined>>,
    services,
    authorize,
  };
  const rows = rowsOf(operation, asked);
  const assertAuthorized = (): void => {
    if (!isAuthorized) throw new Error(`${operation.id} answered without having authorized`);
  };

  if (operation.effect === "read") {
    const given = await services.unitOfWork.read(rows, (db) => operation.handle({ ...call, db }));
    assertAuthorized();
    return send(reply, given);
  }
  const key = operation.method === "GET" ? undefined : idempotencyKey(request);
  const once =
    key === undefined
      ? undefined
      : {
          principalId: asked.principal?.credential.id ?? `address:${request.ip}`,
          key,
          requestHash: services.requestDigest(
            JSON.stringify([operation.id, request.url, request.body ?? null]),
          ),
        };
  if (once && operation.prepare) {
    const before = await services.unitOfWork.read("all", (db) => answeredBefore(db, once));
    if (before) return send(reply.header("idempotency-replayed", "true"), before);
  }
  const prepared = await operation.prepare?.(call);
  const given = await services.unitOfWork.writeOrReplay(rows, asked.actor, asked.origin, async (tx) => {
    const claim = once && (await claimIdempotencyKey(tx.db, once, tx.now));
    if (claim?.kind === "replay") return { kind: "replay", result: claim.answer };
    const result = await operation.handle({ ...call, tx, prepared });
    assertAuthorized();
    if (claim) await storeAnswer(tx.db, claim, result, operation.hasSecret ?? false);
    return { kind: result.isUnchanged ? "unchanged" : "done", result };
  });
  if (given.kind === "replay") reply.header("idempotency-replayed", "true");
  return send(reply, given.result);
};

const send = (reply: FastifyReply, { status, body, version, headers, refusal }: Answer): FastifyReply => {
  if (refusal) throw refusal;
  if (version !== undefined) reply.header("etag", `"${version}"`);
  for (const [name, value] of Object.entries(headers ?? {})) reply.header(name, value);
  reply.code(status);
  return body === undefined ? reply.send() : reply.send(body);
};

const rowsOf = ({ access, rows }: Operation, { principal, membership }: Asked): RowScope => {
  if (rows === "all") return "all";
  if (rows === "own") return { account: principal?.kind === "account" ? principal.id : "" };
  switch (access.kind) {
    case "fleet":
      return membership ? [membership.fleetId] : [];
    case "signed_in":
    case "resolved":
      return principal ? [...principal.memberships.keys()] : [];
    case "installation":
    case "public":
    case "local":
      return "all";
  }
};

/** A strong entity tag of ours; "*" and weak ones are refused: a change names the version that it changes. */
const parseIfMatch = (header: string | undefined): number | undefined => {
  if (header === undefined) return undefined;
  const version = /^"(\d{1,9})"$/.exec(header.trim())?.[1];
  if (version === undefined)
    throw new Failure("invalid_argument", "If-Match takes one ETag as it was given.");
  return Number(version);
};

const idempotencyKey = (request: FastifyRequest): string | undefined => {
  const header = request.headers["idempotency-key"];
  if (header === undefined) return undefined;
  if (typeof header !== "string" || !idempotencyKeyPattern.test(header)) {
    throw new Failure("invalid_argument", "Idempotency-Key takes 1 to 255 printable ASCII characters.");
  }
  return header;
};
