// Names of attributes and operations in spans, in one place: the conventions for generative AI are still being changed
// (https://github.com/open-telemetry/semantic-conventions-genai). What they have no word for stands under `cmdop.`.

export const attribute = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  requestModel: "gen_ai.request.model",
  responseModel: "gen_ai.response.model",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  cachedInputTokens: "gen_ai.usage.cache_read.input_tokens",
  reasoningTokens: "gen_ai.usage.reasoning.output_tokens",
  errorType: "error.type",
  httpStatus: "http.response.status_code",
  requestId: "cmdop.request.id",
  keyId: "cmdop.key.id",
  endpoint: "cmdop.endpoint",
  attempts: "cmdop.attempts",
  attempt: "cmdop.attempt",
  firstContentSeconds: "cmdop.first_content.seconds",
  isEstimated: "cmdop.usage.estimated",
  costUsd: "cmdop.usage.cost_usd",
} as const;

const operations: Readonly<Record<string, string>> = {
  chat: "chat",
  responses: "chat",
  messages: "chat",
  embeddings: "embeddings",
  images: "generate_content",
  image_edits: "generate_content",
};

/** An endpoint that the conventions have no operation for is its own. */
export const operationOf = (endpoint: string): string => operations[endpoint] ?? endpoint;
