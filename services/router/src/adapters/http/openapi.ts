import type { JsonObject } from "../../core/json-text.ts";
import type { Protocol } from "../../core/protocol.ts";

const error = { $ref: "#/components/schemas/Error" } as const;

const errorsOf = (schema: JsonObject): JsonObject =>
  Object.fromEntries(
    ["4XX", "5XX"].map((status) => [
      status,
      { description: "A refusal.", content: { "application/json": { schema } } },
    ]),
  );

const anyObject: JsonObject = { type: "object", additionalProperties: true };

const operation = (summary: string, details: JsonObject = {}): JsonObject => ({
  summary,
  ...details,
  responses: {
    200: { description: "The answer.", content: { "application/json": { schema: anyObject } } },
    ...errorsOf(error),
  },
});

/** Headers that every request may carry. */
const callerHeaders: readonly JsonObject[] = [
  ["X-Cmdop-Fleet", "The fleet that is meant, by id or slug, for a key that reaches several."],
  ["X-Cmdop-Machine", "The machine that the request is made for: stands in what is settled."],
  ["X-Request-Id", "Stands in the answer and in the log; without it the router makes one."],
].map(([name, description]) => ({
  name,
  in: "header",
  required: false,
  description,
  schema: { type: "string", maxLength: 128 },
}));

const state = (summary: string): JsonObject => ({
  get: {
    summary,
    security: [],
    responses: { 200: { description: "Yes." }, 503: { description: "No." } },
  },
});

const modelOperation = ({ path, encoding }: Protocol): JsonObject => ({
  post: operation(
    `As ${path} of the API that it belongs to; fields that are not named travel on untouched.`,
    {
      parameters: callerHeaders,
      requestBody: {
        required: true,
        content: {
          [encoding === "form" ? "multipart/form-data" : "application/json"]: {
            schema: {
              type: "object",
              required: ["model"],
              properties: { model: { type: "string" }, stream: { type: "boolean" } },
              additionalProperties: true,
            },
          },
        },
      },
    },
  ),
});

const searchSchema: JsonObject = {
  type: "object",
  required: ["query"],
  properties: {
    query: { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" }, maxItems: 5 }] },
    type: { enum: ["web", "news", "images"] },
    max_results: { type: "integer", minimum: 1, maximum: 20 },
    page: { type: "integer", minimum: 1, maximum: 100 },
    country: { type: "string" },
    language: { type: "string" },
    location: { type: "string" },
    recency: { enum: ["day", "week", "month", "year"] },
    search_domain_filter: { type: "array", items: { type: "string" }, maxItems: 20 },
  },
};

/** What GET /openapi.json answers: the router's own part; the models' APIs are described by their makers. */
export const toOpenApi = (protocols: readonly Protocol[]): JsonObject => ({
  openapi: "3.1.0",
  info: {
    title: "cmdop router",
    version: "1",
    description: "An OpenAI-compatible gateway to models and web search.",
  },
  security: [{ bearer: [] }, { key: [] }],
  paths: {
    ...Object.fromEntries(protocols.map((protocol) => [`/v1${protocol.path}`, modelOperation(protocol)])),
    "/v1/search": {
      post: operation("Web search.", {
        parameters: callerHeaders,
        requestBody: { required: true, content: { "application/json": { schema: searchSchema } } },
      }),
    },
    "/v1/models": { get: operation("Models and aliases, with what they can and cost.") },
    "/v1/models/{id}": {
      get: operation("One of them.", {
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
      }),
    },
    "/healthz": state("Whether the router runs."),
    "/readyz": state("Whether it takes requests: not while it drains."),
  },
  components: {
    securitySchemes: {
      bearer: { type: "http", scheme: "bearer" },
      key: { type: "apiKey", in: "header", name: "X-API-Key" },
    },
    schemas: {
      Error: {
        type: "object",
        required: ["error"],
        properties: {
          error: {
            type: "object",
            required: ["message", "type", "param", "code"],
            properties: {
              message: { type: "string" },
              type: { type: "string" },
              param: { type: ["string", "null"] },
              code: { type: ["string", "null"] },
            },
          },
        },
      },
    },
  },
});
