// The router's port: OpenAI's endpoints, /healthz and /readyz.
import type { Clock, Random } from "@cmdop/base";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { overBytes } from "../../core/key-limits.ts";
import type { Limits } from "../../core/limits.ts";
import type { Protocol } from "../../core/protocol.ts";
import { type Refusal, refuse, toErrorBody } from "../../core/refusals.ts";
import { AnswerRoom } from "../../gateway/answer-room.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { SearchGateway } from "../../gateway/search-gateway.ts";
import type { Budgets, Caller, KeyValidation, Limiter, RoutingSource, Shapes, Tracing } from "../../ports.ts";
import { Admission } from "./admission.ts";
import { readKey } from "./authentication.ts";
import { BodyTooLarge, boundBody } from "./bound-body.ts";
import { answerBroken, answerUnrouted } from "./broken-requests.ts";
import { toObject } from "./calls.ts";
import { type Admitted, createEndpoints, type Leaving } from "./endpoints.ts";
import { serveModels } from "./models.ts";
import { toOpenApi } from "./openapi.ts";
import { nameIn } from "./request-headers.ts";
import { createRequestIds } from "./request-ids.ts";
import { sendRefusal } from "./responses.ts";
import { createUrlForms } from "./url-forms.ts";

export interface HttpFrontOptions {
  readonly gateway: Gateway;
  readonly search: SearchGateway;
  readonly routing: RoutingSource;
  readonly keys: KeyValidation;
  readonly limiter: Limiter;
  readonly budgets: Budgets;
  /** Undefined: off. */
  readonly tracing: Tracing | undefined;
  readonly protocols: readonly Protocol[];
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
  readonly shapes: Shapes;
  readonly log: {
    refused(refusal: { readonly requestId: string; readonly refusal: Refusal }): void;
    failed(failure: { readonly requestId: string; readonly cause: unknown }): void;
  };
}

export interface HttpFront {
  readonly requests: number;
  /** All that were let in. */
  readonly requestsSoFar: number;
  /** False once it drains. */
  readonly isReady: boolean;
  listen(host: string, port: number): Promise<{ readonly host: string; readonly port: number }>;
  /** Takes no new request and resolves when what runs is done, or after `ms`. */
  drain(ms: number): Promise<void>;
  close(): Promise<void>;
}

const requestIdForm = /^[\w.:-]{1,128}$/;
const arrivalsLookedAtMs = 30_000;

export const createHttpFront = (options: HttpFrontOptions): HttpFront => {
  const { limits, clock } = options;
  const newRequestId = createRequestIds(options.random);
  const admission = new Admission(limits);
  const answers = new AnswerRoom(limits);
  const running = new Set<() => void>();
  const callers = new WeakMap<FastifyRequest, Caller>();
  let isDraining = false;
  let closing: Promise<undefined> | undefined;

  const toCanonicalUrl = createUrlForms([...options.protocols.map(({ path }) => path), "/search"]);
  const byUrl = new Map(options.protocols.map((protocol) => [`/v1${protocol.path}`, protocol]));

  const broken = { newRequestId, refused: options.log.refused };

  const app: FastifyInstance = fastify({
    clientErrorHandler: answerBroken(broken),
    frameworkErrors: answerUnrouted(broken),
    bodyLimit: limits.requestBytes,
    requestTimeout: limits.arrivalMs,
    http: {
      // Node takes the longer of the two for bodies.
      headersTimeout: limits.arrivalMs,
      connectionsCheckingInterval: Math.min(arrivalsLookedAtMs, limits.arrivalMs),
    },
    return503OnClosing: false,
    forceCloseConnections: true,
    requestIdHeader: false,
    rewriteUrl: (request) => toCanonicalUrl(request.url ?? "/"),
    genReqId: (request) => {
      const given = request.headers["x-request-id"];
      return typeof given === "string" && requestIdForm.test(given) ? given : newRequestId();
    },
  });

  app.server.maxConnections = limits.connections;

  const refused = (request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply => {
    options.log.refused({ requestId: request.id, refusal });
    return sendRefusal(reply, refusal, toErrorBody);
  };

  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    if (isDraining) reply.header("connection", "close");
    if (request.originalUrl !== request.url)
      reply.header("x-router-hint", "set the base URL to <address>/v1");
    // By the route and not by the URL: an encoded letter in the URL leads to the same route.
    const { url } = request.routeOptions;
    const protocol = byUrl.get(url ?? "");
    if (protocol) {
      // The library's ways for a body and an answer cost as much as the rest of the router; it keeps the routing.
      reply.hijack();
      options.shapes.keep("front", reply);
      void serve(protocol, request, reply);
    } else if (url?.startsWith("/v1/")) enter(request, reply, done).catch(done);
    else done();
  });

  /** For the routes that the library answers. */
  const enter = async (request: FastifyRequest, reply: FastifyReply, done: () => void): Promise<void> => {
    const admitted = await admitOrClose(request, reply);
    if (admitted.kind === "refusal") return void refused(request, reply, admitted);
    callers.set(request, admitted.caller);
    done();
  };

  /** Refused before its body is read: the rest of the upload is not waited for. */
  const admitOrClose = async (request: FastifyRequest, reply: FastifyReply): Promise<Admitted | Refusal> => {
    const admitted = await admit(request, reply);
    const { "content-length": length, "transfer-encoding": encoding } = request.raw.headers;
    if (admitted.kind !== "caller" && (length ?? encoding) !== undefined) reply.header("connection", "close");
    return admitted;
  };

  const admit = async (request: FastifyRequest, reply: FastifyReply): Promise<Admitted | Refusal> => {
    const key = readKey(request.raw);
    const verdict = key
      ? await options.keys.validate(key, nameIn(request, "x-cmdop-fleet"), request.ip)
      : undefined;
    if (verdict?.kind === "refusal") return verdict;
    if (verdict?.kind !== "caller") return toKeyRefusal(verdict?.kind);
    const bytesMax = verdict.caller.limits?.requestBytes;
    if (bytesMax !== undefined && (lengthOf(request) ?? 0) > bytesMax) return overBytes(bytesMax);
    const entry = admission.enter(lengthOf(request), ownerOf(verdict.caller));
    if (entry.kind === "refusal") return entry;
    whenClosed(reply, entry.leave);
    // Lists of models are free.
    if (request.method !== "POST") return verdict;
    const overBudget = options.budgets.check(verdict.caller);
    if (overBudget) return overBudget;
    const limited = await options.limiter.enter(verdict.caller);
    reply.headers(limited.headers);
    if (limited.kind === "refused") return limited.refusal;
    whenClosed(reply, limited.leave);
    return verdict;
  };

  // A body that does not say its length is counted as it comes.
  app.addHook("preParsing", (request, _reply, payload, done) => {
    const bytesMax = callers.get(request)?.limits?.requestBytes;
    done(null, bytesMax === undefined ? payload : boundBody(payload, bytesMax));
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ["application/json", "multipart/form-data"],
    { parseAs: "buffer" },
    (_request, body, done) => done(null, body),
  );

  app.setErrorHandler((error, request, reply) => {
    const refusal = toRequestRefusal(error);
    if (refusal.row === "internal") options.log.failed({ requestId: request.id, cause: error });
    return refused(request, reply, refusal);
  });
  app.setNotFoundHandler((request, reply) => refused(request, reply, refuse("unknown_url")));

  app.get("/", () => ({ service: "cmdop-router" }));
  const openApi = toOpenApi(options.protocols);
  app.get("/openapi.json", () => openApi);
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", (_request, reply) =>
    isDraining ? reply.code(503).send({ status: "draining" }) : { status: "ready" },
  );
  serveModels(app, { routing: options.routing, callerOf: (request) => callerOf(request), refused });

  for (const { path } of options.protocols) {
    app.post(`/v1${path}`, () => {
      throw new Error("it is served when it comes");
    });
  }

  const serve = createEndpoints({
    ...options,
    admit: (request, reply) => admitOrClose(request, reply),
    leaving: (reply, caller) => leaving(reply, caller),
  });

  const callerOf = (request: FastifyRequest): Caller => {
    const caller = callers.get(request);
    if (!caller) throw new Error("a request came past its authentication");
    return caller;
  };

  /** Aborted when the caller leaves, or when the router closes. */
  const leaving = (reply: FastifyReply, caller: Caller): Leaving => {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    running.add(abort);
    const share = answers.open(ownerOf(caller));
    whenClosed(reply, () => {
      running.delete(abort);
      share.leave();
      if (!reply.raw.writableFinished) abort();
    });
    return { signal: controller.signal, abort, share };
  };

  app.post("/v1/search", { bodyLimit: limits.searchRequestBytes }, async (request, reply) => {
    const parsed = toObject(request.body);
    if (parsed.kind === "refusal") return refused(request, reply, parsed);
    const answered = await options.search.answer({
      requestId: request.id,
      caller: callerOf(request),
      machineId: nameIn(request, "x-cmdop-machine"),
      body: parsed.value,
      signal: leaving(reply, callerOf(request)).signal,
    });
    if (answered.kind === "refusal") return refused(request, reply, answered);
    if (answered.kind === "gone") return gone(reply);
    return answered.body;
  });

  return {
    get requests() {
      return admission.requests;
    },
    get requestsSoFar() {
      return admission.requestsSoFar;
    },
    get isReady() {
      return !isDraining;
    },
    listen: async (host, port) => {
      await app.listen({ host, port });
      const address = app.server.address();
      return { host, port: typeof address === "object" && address ? address.port : port };
    },
    drain: async (ms) => {
      isDraining = true;
      app.server.close();
      app.server.closeIdleConnections();
      let cancel = (): void => {};
      const timeUp = new Promise<void>((resolve) => {
        cancel = clock.after(ms, resolve);
      });
      await Promise.race([admission.drain(), timeUp]);
      cancel();
    },
    close: () => {
      isDraining = true;
      for (const abort of running) abort();
      closing ??= app.close();
      return closing;
    },
  };
};

/** Whose room it takes. */
const ownerOf = ({ account, keyId }: Caller): string => account?.fleetId ?? keyId;

/** Runs once the answer is over or its caller has left, which may have happened already. */
const whenClosed = (reply: FastifyReply, run: () => void): void => {
  if (reply.raw.closed) run();
  else reply.raw.once("close", run);
};

/** Nobody is there to be answered. */
const gone = (reply: FastifyReply): FastifyReply => {
  reply.hijack();
  reply.raw.destroy();
  return reply;
};

const lengthOf = (request: FastifyRequest): number | undefined => {
  if (request.method === "GET" || request.method === "HEAD") return 0;
  const length = Number(request.headers["content-length"]);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
};

const toKeyRefusal = (verdict: "unknown" | "unavailable" | undefined): Refusal =>
  verdict === "unavailable"
    ? refuse("auth_unavailable", { retryAfterMs: 1_000 })
    : refuse("invalid_api_key", {
        message:
          verdict === undefined
            ? "An API key is needed: send it as Authorization: Bearer or as X-API-Key. Make one: cmdop keys create NAME --scope models:use."
            : "The API key is not one of this router's. Make one: cmdop keys create NAME --scope models:use.",
      });

/** Fastify's own errors, by their codes (https://fastify.dev/docs/latest/Reference/Errors/). */
const toRequestRefusal = (error: unknown): Refusal => {
  if (error instanceof BodyTooLarge) return overBytes(error.bytesMax);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return refuse("request_too_large");
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return refuse("unsupported_media_type");
  if (code === "FST_ERR_CTP_INVALID_CONTENT_LENGTH" || code === "FST_ERR_CTP_EMPTY_JSON_BODY")
    return refuse("invalid_json");
  return refuse("internal");
};
