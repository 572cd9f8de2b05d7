// Refusals as RFC 9457 problem documents, from the one table of failures.
import { Failure, toFailure } from "@cmdop/base";
import type { FastifyError, FastifyReply } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";

export const problemType = "application/problem+json";

export const problemSchema = z
  .object({
    type: z.string().describe("urn:cmdop:failure: and the code"),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string().describe("A code of docs/reference/failures.md"),
    retryable: z.boolean(),
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .catchall(z.unknown())
  .meta({ id: "Problem" });

/** The failure in what a route or Fastify threw. */
export const toHttpFailure = (error: unknown): Failure => {
  if (error instanceof Failure) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = error.validationContext === "body" ? "" : `/${error.validationContext ?? "request"}`;
    const errors = error.validation.slice(0, 32).map(({ instancePath, message }) => ({
      pointer: `${where}${instancePath}`,
      detail: message ?? "not allowed",
    }));
    const first = errors[0];
    return new Failure(
      "invalid_argument",
      first ? `${first.pointer === "" ? "The body" : first.pointer}: ${first.detail}.` : undefined,
      { details: { errors } },
    );
  }
  const { statusCode, code } = (error ?? {}) as Partial<FastifyError>;
  switch (statusCode) {
    case 400:
      return new Failure("malformed_message", "The request is not well-formed.", { cause: error });
    case 413:
      return new Failure("message_too_large", undefined, { cause: error });
    case 414:
      return new Failure("message_too_large", "The address is too long.", { cause: error });
    case 415:
      return new Failure("unsupported_media_type", undefined, { cause: error });
    default:
      // 23505 and its like are caught where they mean something; here they are our fault.
      return toFailure(code === "FST_ERR_CTP_INVALID_JSON_BODY" ? new Failure("malformed_message") : error);
  }
};

export const sendProblem = (reply: FastifyReply, failure: Failure, requestId: string): FastifyReply => {
  const { row } = failure;
  if (failure.retryAfterMs !== undefined) {
    reply.header("retry-after", String(Math.max(1, Math.ceil(failure.retryAfterMs / 1000))));
  }
  if (row.http === 401) reply.header("www-authenticate", 'Bearer realm="cmdop"');
  // Serialised here: an error goes out even where a route has declared no schema for it.
  return reply
    .code(row.http)
    .header("cache-control", "no-store")
    .type(problemType)
    .serializer((body: unknown) => JSON.stringify(body))
    .send({
      ...failure.details,
      type: `urn:cmdop:failure:${failure.code}`,
      title: row.text,
      status: row.http,
      detail: failure.message,
      code: failure.code,
      retryable: row.retryable,
      requestId,
    });
};
