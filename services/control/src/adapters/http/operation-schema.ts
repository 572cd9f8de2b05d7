// What the document says of an operation, and what its requests are held to and its answers are cut to.
import type { FastifySchema } from "fastify";
import { z } from "zod";
import type { Operation } from "../../operation.ts";
import { formType, oauthErrorSchema } from "./oauth-dialect.ts";
import { problemSchema, problemType } from "./problems.ts";

export const operationSchema = (operation: Operation): FastifySchema => {
  const { access } = operation;
  const answers = Object.fromEntries(
    Object.entries(operation.answers).map(([status, schema]) => [status, describeAnswer(operation, schema)]),
  );
  return {
    operationId: operation.id,
    summary: operation.summary,
    description: describe(operation),
    tags: [operation.tag],
    hide: access.kind === "local",
    security: access.kind === "public" ? [] : [{ bearer: [] }, { apiKey: [] }, { session: [] }],
    ...(operation.isOAuth ? { consumes: [formType] } : {}),
    ...(operation.params ? { params: operation.params } : {}),
    ...(operation.query ? { querystring: operation.query } : {}),
    ...(operation.body ? { body: operation.body } : {}),
    response: {
      ...(operation.isPage
        ? { 303: z.null().describe("To a page that shows what was refused, where a page is accepted") }
        : {}),
      ...answers,
      default: operation.isOAuth
        ? { description: "Refused", content: { "application/json": { schema: oauthErrorSchema } } }
        : { description: "Refused", content: { [problemType]: { schema: problemSchema } } },
    },
  };
};

const describeAnswer = ({ produces }: Operation, schema: z.ZodType | null): unknown => {
  if (!produces || !schema) return schema ?? z.null();
  return { description: "A stream", content: Object.fromEntries(produces.map((type) => [type, { schema }])) };
};

const describe = ({ access, description, isFreshSignInNeeded }: Operation): string =>
  [
    description,
    access.kind === "public"
      ? `Open to anybody: ${access.because}.`
      : access.kind === "local"
        ? "By the socket in the control plane's directory alone."
        : access.kind === "signed_in"
          ? "Needs any live credential."
          : `Needs the right \`${access.right}\`.`,
    isFreshSignInNeeded ? "Needs a sign-in of the last 15 minutes, or a program's scope for it." : undefined,
  ]
    .filter((text) => text !== undefined)
    .join(" ");
