// The public HTTP application: every operation, the OpenAPI document, health, and what holds for all of them.
import { Failure, randomBase62 } from "@cmdop/base";
import cookie from "@fastify/cookie";
import swagger from "@fastify/swagger";
import fastify, { type FastifyInstance } from "fastify";
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from "fastify-type-provider-zod";
import type { Measures } from "../../measures.ts";
import type { Operation } from "../../operation.ts";
import { useFieldWords } from "./field-words.ts";
import { speakOAuth } from "./oauth-dialect.ts";
import { servePages } from "./pages.ts";
import { sendProblem, toHttpFailure } from "./problems.ts";
import { type Serving, serveOperation } from "./serve-operation.ts";

export interface ControlAppOptions extends Serving {
  readonly operations: readonly Operation[];
  /** False while draining or without a database. */
  readonly isReady: () => boolean;
  readonly failed: (cause: unknown, requestId: string) => void;
  readonly measures: Measures;
}

const bodyBytesMax = 256 * 1024;
const requestIdPattern = /^[A-Za-z0-9._-]{8,64}$/;

/** Nothing is loaded from elsewhere, nothing is framed, nothing is guessed. */
const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

export const createControlApp = async (options: ControlAppOptions): Promise<FastifyInstance> => {
  const app = fastify({
    bodyLimit: bodyBytesMax,
    // The listener in front gives sockets; Fastify logs nothing by itself.
    logger: false,
    requestIdHeader: false,
    genReqId: (request) => {
      const given = request.headers["x-request-id"];
      return typeof given === "string" && requestIdPattern.test(given) ? given : `req_${randomBase62(16)}`;
    },
    routerOptions: { maxParamLength: 256 },
    return503OnClosing: false,
    // What the router itself refuses (an address that does not decode, a segment that is too long) meets no hook.
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...securityHeaders, "x-request-id": request.id });
      return sendProblem(reply, toHttpFailure(error), request.id);
    },
  });
  useFieldWords();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({ ...securityHeaders, "x-request-id": request.id, "cache-control": "no-store" });
  });
  app.addHook("onResponse", async (request, reply) => {
    const { schema } = request.routeOptions;
    const operation = schema && "operationId" in schema ? String(schema.operationId) : undefined;
    options.measures.answered(operation, reply.statusCode, reply.elapsedTime / 1000);
  });
  app.setErrorHandler((error, request, reply) => {
    const failure = toHttpFailure(error);
    if (failure.code === "internal") options.failed(failure.cause ?? error, request.id);
    return sendProblem(reply, failure, request.id);
  });

  await app.register(cookie);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "cmdop control plane",
        version: "1",
        description: "Accounts, fleets, machines, the catalogue of sessions, schedules, audit.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "cmdop_cli_…, cmdop_api_… or cmdop_svc_…" },
          apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
          session: { type: "apiKey", in: "cookie", name: "__Host-cmdop" },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });

  const allowed = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const methods = allowed.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    allowed.set(url, methods);
  });
  for (const operation of options.operations) {
    if (!operation.isOAuth) serveOperation(app, operation, options);
  }
  await app.register(async (oauth) => {
    speakOAuth(oauth, options.failed);
    for (const operation of options.operations) {
      if (operation.isOAuth) serveOperation(oauth, operation, options);
    }
  });
  await servePages(app);
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  app.get("/healthz", { schema: { hide: true } }, () => ({ status: "ok" }));
  app.get("/readyz", { schema: { hide: true } }, (_request, reply) => {
    if (!options.isReady()) throw new Failure("unavailable", "Not ready.");
    return reply.send({ status: "ready" });
  });
  app.setNotFoundHandler((request, reply) => {
    const methods = methodsAt(app, request.url);
    if (methods.length === 0) {
      return sendProblem(reply, new Failure("not_found", "There is nothing at this address."), request.id);
    }
    reply.header("allow", methods.join(", "));
    return sendProblem(reply, new Failure("method_not_allowed"), request.id);
  });
  return app;
};

const knownMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

const methodsAt = (app: FastifyInstance, url: string): readonly string[] => {
  const path = url.split("?")[0] ?? url;
  return knownMethods.filter(
    (method) => app.findRoute({ method, url: path }) ?? app.hasRoute({ method, url: path }),
  );
};
