// The API for relays and routers (packages/edge: contract.ts), on a listener of its own. Each request carries the
// credential of an edge.
import { createHash } from "node:crypto";
import { Failure, randomBase62 } from "@cmdop/base";
import {
  eventBatchSchema,
  internalLimits,
  internalPaths,
  introspectRequestSchema,
  type LatestCheckpoint,
} from "@cmdop/edge";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Measures } from "../../measures.ts";
import type { Sealer } from "../../ports.ts";
import { auditHashes } from "../../store/audit/audit-hashes.ts";
import { checkpointWithProof } from "../../store/audit/checkpoints.ts";
import { applyEdgeEvents } from "../../store/edges/apply-edge-events.ts";
import { type Edge, findEdge } from "../../store/edges/edges.ts";
import { fleetSnapshot } from "../../store/edges/fleet-snapshot.ts";
import { introspect } from "../../store/edges/introspection.ts";
import type { CredentialUses } from "../../store/keys/credential-uses.ts";
import type { UnitOfWork } from "../../store/unit-of-work.ts";
import type { RevocationStreams } from "./revocation-stream.ts";

export interface InternalAppOptions {
  readonly unitOfWork: UnitOfWork;
  readonly sealer: Sealer;
  readonly revocationStreams: RevocationStreams;
  /** The JWKS by which edges verify tickets and machine tokens. */
  readonly keySet: () => Promise<unknown>;
  /** The audit log's public key. */
  readonly auditVerifierKey: string;
  readonly wallMs: () => number;
  readonly failed: (cause: unknown, requestId: string) => void;
  readonly measures: Measures;
  /** An edge is heard of by any request of it. */
  readonly uses: CredentialUses;
}

declare module "fastify" {
  interface FastifyRequest {
    edge?: Edge;
  }
}

const edgeKeptMs = 1_000;
const edgesKeptMax = 1_000;

export const createInternalApp = (options: InternalAppOptions): FastifyInstance => {
  const { unitOfWork, measures, wallMs } = options;
  const app = fastify({
    bodyLimit: internalLimits.eventBatchBytes + 64 * 1024,
    logger: false,
    requestIdHeader: false,
    genReqId: () => `req_${randomBase62(16)}`,
  });
  // An edge asks many times a second: its credential is looked up once a second, hence revoked within one.
  const known = new Map<string, { readonly edge: Edge; readonly untilMs: number }>();
  const authenticate = async (request: FastifyRequest): Promise<Edge> => {
    const token = /^Bearer (\S{1,128})$/i.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined) throw new Failure("unauthenticated");
    const nowMs = wallMs();
    const cached = known.get(token);
    if (cached && cached.untilMs > nowMs) return cached.edge;
    const edge = await unitOfWork.lookUp((db) => findEdge(db, token, nowMs));
    if (!edge) throw new Failure("unauthenticated");
    if (known.size >= edgesKeptMax) known.clear();
    known.set(token, { edge, untilMs: nowMs + edgeKeptMs });
    const { credentialId, isFirstUse } = edge;
    options.uses.record({ credentialId, atMs: nowMs, from: "internal", isFirst: isFirstUse });
    return edge;
  };

  app.addHook("onRequest", async (request) => {
    request.edge = await authenticate(request);
  });
  app.setErrorHandler((error, request, reply) => {
    const failure = toEdgeFailure(error);
    if (failure.code === "internal") options.failed(failure.cause ?? error, request.id);
    return sendProblem(reply, failure, request.id);
  });
  app.setNotFoundHandler((request, reply) => sendProblem(reply, new Failure("not_found"), request.id));

  app.post(internalPaths.introspect, async (request) => {
    const asked = parse(introspectRequestSchema, request.body);
    // Its answer holds keys of providers: whoever has a relay's credential must not read them with what operators show it.
    if (asked.need === "router" && request.edge?.kind !== "router") throw new Failure("permission_denied");
    const answer = await unitOfWork.lookUp((db) => introspect(db, options.sealer, asked, wallMs()));
    measures.introspected(answer.active ? "active" : answer.code);
    return answer;
  });
  app.get(internalPaths.revocations, (request, reply) => {
    const { after } = request.query as { readonly after?: string };
    return options.revocationStreams.serve(reply, parseSequence(after));
  });
  app.get(internalPaths.keySet, async (request, reply) =>
    sendSnapshot(request, reply, await options.keySet()),
  );
  app.get(internalPaths.fleets, async (request, reply) => {
    const { atMs, ...facts } = await unitOfWork.read("all", (db) => fleetSnapshot(db, wallMs()));
    return sendSnapshot(request, reply, { atMs, ...facts }, facts);
  });
  app.get(internalPaths.checkpoint, async (request) => {
    const { from } = request.query as { readonly from?: string };
    const size = parseSequence(from, "from") ?? 0;
    const latest = await unitOfWork.read("all", (db) => checkpointWithProof(db, auditHashes(db), size));
    if (!latest) throw new Failure("not_found", "No checkpoint was signed yet.");
    return {
      checkpoint: latest.checkpoint.note,
      proof: latest.proof.map((hash) => Buffer.from(hash, "hex").toString("base64")),
      verifierKey: options.auditVerifierKey,
    } satisfies LatestCheckpoint;
  });
  app.post(internalPaths.events, async (request) => {
    const batch = parse(eventBatchSchema, request.body);
    const { edge } = request;
    if (!edge) throw new Failure("unauthenticated");
    const receipt = await unitOfWork.record(
      { kind: "edge", id: edge.credentialId, name: edge.name },
      { requestId: request.id, ip: request.ip },
      (tx) => applyEdgeEvents(tx, batch),
    );
    measures.eventsTaken(batch.events.length - receipt.refused.length, receipt.refused.length);
    return receipt;
  });
  return app;
};

const parse = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const result = schema.safeParse(value);
  if (!result.success) throw new Failure("invalid_argument", result.error.issues[0]?.message);
  return result.data;
};

const parseSequence = (text: string | undefined, name = "after"): number | undefined => {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text)) throw new Failure("invalid_argument", `${name} takes a whole number.`);
  return value;
};

/** With an ETag over what matters of it. */
const sendSnapshot = (
  request: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
  facts: unknown = body,
): FastifyReply => {
  const etag = `"${createHash("sha256").update(JSON.stringify(facts)).digest("base64url").slice(0, 22)}"`;
  reply.header("etag", etag);
  return request.headers["if-none-match"] === etag ? reply.code(304).send() : reply.send(body);
};

const toEdgeFailure = (error: unknown): Failure => {
  if (error instanceof Failure) return error;
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  if (status === 413) return new Failure("message_too_large");
  if (typeof status === "number" && status >= 400 && status < 500) return new Failure("malformed_message");
  return new Failure("internal", undefined, { cause: error });
};

const sendProblem = (reply: FastifyReply, failure: Failure, requestId: string): FastifyReply =>
  reply
    .code(failure.row.http)
    .type("application/problem+json")
    .send({
      type: `urn:cmdop:failure:${failure.code}`,
      title: failure.row.text,
      status: failure.row.http,
      detail: failure.message,
      code: failure.code,
      requestId,
    });
