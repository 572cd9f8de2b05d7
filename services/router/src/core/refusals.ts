// The table of the router's refusals in OpenAI's vocabulary: what clients of OpenAI's API branch on is status, type
// and code, so this edge has its own table beside the one in base. docs/reference/router.md holds the same rows.

export interface RefusalRow {
  readonly status: number;
  readonly type:
    | "invalid_request_error"
    | "rate_limit_error"
    | "insufficient_quota"
    | "upstream_error"
    | "server_error";
  readonly text: string;
  /** Sent as x-should-retry where OpenAI's clients would decide otherwise by the status. */
  readonly shouldRetry?: boolean;
}

const caller = (status: number, text: string, shouldRetry?: boolean): RefusalRow => ({
  status,
  type: "invalid_request_error",
  text,
  ...(shouldRetry === undefined ? {} : { shouldRetry }),
});
const upstream = (status: number, text: string, shouldRetry?: boolean): RefusalRow => ({
  ...caller(status, text, shouldRetry),
  type: "upstream_error",
});
const server = (status: number, text: string): RefusalRow => ({ status, type: "server_error", text });

export const refusalTable = {
  invalid_http: caller(400, "The request is not HTTP that can be read."),
  invalid_json: caller(400, "The body is not a JSON object."),
  invalid_value: caller(400, "A field has a value that is not allowed."),
  provider_not_configured: caller(400, "No provider is configured for this model."),
  endpoint_not_served: caller(400, "The model's provider does not serve this endpoint."),
  invalid_json_schema: caller(400, "The schema in response_format cannot be used."),
  unsupported_value: caller(400, "The model's provider does not take this value."),
  invalid_api_key: caller(401, "The API key is missing or is not one of this router's."),
  key_not_allowed: caller(403, "The API key may not be used at the router, or not for this fleet."),
  model_not_allowed: caller(403, "The API key may not use this model."),
  provider_key_rejected: caller(403, "The provider refused the key that was brought for it."),
  provider_address_refused: caller(403, "The provider's address may not be dialed."),
  model_not_found: caller(404, "There is no such model."),
  unknown_url: caller(404, "There is no such endpoint."),
  /** OpenAI's clients would send it again at once. */
  request_timeout: caller(408, "The request did not come whole in time.", false),
  request_too_large: caller(413, "The body is larger than the limit."),
  unsupported_media_type: caller(415, "The body must be application/json."),
  headers_too_large: caller(431, "The request's headers are larger than the limit."),
  insufficient_quota: {
    status: 402,
    type: "insufficient_quota",
    text: "The API key's budget is used up.",
    shouldRetry: false,
  },
  too_many_unknown_keys: {
    status: 429,
    type: "rate_limit_error",
    text: "Too many API keys that nobody knows came from this address.",
  },
  rate_limit_exceeded: { status: 429, type: "rate_limit_error", text: "The API key's limit is reached." },
  upstream_rejected: caller(400, "The provider refused the request."),
  upstream_rate_limited: {
    status: 429,
    type: "rate_limit_error",
    text: "The provider's rate limit is reached on every key.",
  },
  upstream_error: upstream(502, "The provider failed."),
  upstream_invalid: upstream(502, "The provider's answer could not be read."),
  upstream_truncated: upstream(502, "The provider's answer ended before it was complete."),
  structured_output_invalid: upstream(502, "The model's answer does not fit the schema.", false),
  upstream_credentials_exhausted: upstream(503, "The provider accepts none of the router's keys.", false),
  upstream_unavailable: upstream(503, "The provider failed repeatedly and is not asked for a while."),
  upstream_timeout: upstream(504, "The provider did not answer in time."),
  /** The answer may have been made and billed: asking again would pay twice. */
  upstream_stalled: upstream(504, "The provider accepted the request and then sent nothing.", false),
  auth_unavailable: server(503, "The API key cannot be checked now."),
  overloaded: server(503, "The router has as many requests as it takes."),
  draining: server(503, "The router is being replaced; ask again."),
  internal: server(500, "Something went wrong inside."),
} as const satisfies Record<string, RefusalRow>;

export type RefusalCode = keyof typeof refusalTable;

/** What a caller is told instead of an answer. Its text is public. */
export interface Refusal {
  readonly kind: "refusal";
  /** The row that counts and decides; `code` is what is sent, which for a provider's own error is the provider's. */
  readonly row: RefusalCode;
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
  readonly shouldRetry: boolean | undefined;
}

export interface RefusalDetails {
  readonly message?: string;
  readonly param?: string | null;
  readonly retryAfterMs?: number | undefined;
  readonly status?: number;
  readonly type?: string;
  readonly code?: string | null;
}

/** OpenAI's clients ignore a Retry-After above this and ask again at once. */
const retryAfterHonouredMs = 60_000;

export const refuse = (code: RefusalCode, details: RefusalDetails = {}): Refusal => {
  const row: RefusalRow = refusalTable[code];
  const { retryAfterMs } = details;
  return {
    kind: "refusal",
    row: code,
    status: details.status ?? row.status,
    type: details.type ?? row.type,
    code: details.code === undefined ? code : details.code,
    param: details.param ?? null,
    message: details.message ?? row.text,
    retryAfterMs,
    shouldRetry: row.shouldRetry ?? ((retryAfterMs ?? 0) > retryAfterHonouredMs ? false : undefined),
  };
};

/** The body of an error, all four members always present (openai/openai-openapi, `Error`). */
export const toErrorBody = ({ message, type, param, code }: Refusal): string =>
  JSON.stringify({ error: { message, type, param, code } });
