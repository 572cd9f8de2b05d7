// What is different for OAuth clients: they send forms (RFC 6749, appendix B) and read `error` and
// `error_description` (5.2).
import { Failure, type FailureCode } from "@cmdop/base";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { toHttpFailure } from "./problems.ts";

export const formType = "application/x-www-form-urlencoded";
const formBytesMax = 8 * 1024;

export const oauthErrorSchema = z
  .object({ error: z.string(), error_description: z.string(), interval: z.number().optional() })
  .catchall(z.unknown())
  .meta({ id: "OAuthError" });

/** Codes that are called the same there. */
const sameName: ReadonlySet<FailureCode> = new Set([
  "authorization_pending",
  "slow_down",
  "access_denied",
  "expired_token",
  "invalid_grant",
  "invalid_client",
  "unsupported_grant_type",
] as const);

const errorOf = ({ code, row }: Failure): string => {
  if (sameName.has(code)) return code;
  if (row.http === 429) return "slow_down";
  if (row.http >= 500) return row.http === 500 ? "server_error" : "temporarily_unavailable";
  return row.http === 401 || row.http === 403 ? "access_denied" : "invalid_request";
};

export const speakOAuth = (
  app: FastifyInstance,
  failed: (cause: unknown, requestId: string) => void,
): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    formType,
    { parseAs: "string", bodyLimit: formBytesMax },
    (_request, body, done) => {
      const fields = [...new URLSearchParams(String(body))];
      const form = Object.fromEntries(fields);
      // "Parameters MUST NOT be included more than once" (3.2).
      if (fields.length > Object.keys(form).length)
        done(new Failure("invalid_argument", "A field comes twice."));
      else done(null, form);
    },
  );
  app.setErrorHandler((error, request, reply) => {
    const failure = toHttpFailure(error);
    if (failure.code === "internal") failed(failure.cause ?? error, request.id);
    if (failure.retryAfterMs !== undefined) {
      reply.header("retry-after", String(Math.max(1, Math.ceil(failure.retryAfterMs / 1000))));
    }
    return reply
      .code(failure.row.http)
      .type("application/json")
      .serializer((body: unknown) => JSON.stringify(body))
      .send({ error: errorOf(failure), error_description: failure.message, ...failure.details });
  });
};
