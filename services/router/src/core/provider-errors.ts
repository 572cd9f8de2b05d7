// A provider's error, read into what is tried next and what the caller is told of it.
import type { AttemptFailure } from "./attempt-policy.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json-text.ts";
import { type Refusal, type RefusalCode, refuse } from "./refusals.ts";
import type { Secret } from "./secret.ts";

export interface ProviderError {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** What stands under `error`; undefined: nothing that can be read. */
  readonly error: JsonValue | undefined;
}

const messageCharsMax = 2_000;
const keyLike = /\b(?:sk|pk|rk|xai|gsk|AIza|cmdop)[-_][A-Za-z0-9_*.-]{6,}|Bearer\s+\S+/gi;

/** Text of a provider, safe to show: neither the key that was sent nor anything that looks like one is in it. */
export const redact = (text: string, key: Secret | undefined): string => {
  const sent = key?.reveal() ?? "";
  const without = sent === "" ? text : text.replaceAll(sent, "[secret]");
  return without.replace(keyLike, "[secret]").slice(0, messageCharsMax);
};

const textOf = (value: JsonValue | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;

/** OpenRouter puts what the provider behind it said under `metadata.raw`. */
const messageOf = (error: JsonObject): string | undefined => {
  const message = textOf(error.message);
  const raw = isJsonObject(error.metadata) ? textOf(error.metadata.raw) : undefined;
  return raw === undefined ? message : `${message ?? "Provider returned error"}: ${raw}`;
};

const toRefusal = (
  row: RefusalCode,
  from: ProviderError,
  key: Secret | undefined,
  status?: number,
): Refusal => {
  const error = isJsonObject(from.error) ? from.error : {};
  const message = messageOf(error) ?? textOf(from.error);
  const isOwn = row === "upstream_rejected" || row === "model_not_found";
  return refuse(row, {
    ...(message === undefined ? {} : { message: redact(message, key) }),
    ...(status === undefined ? {} : { status }),
    // What is about the caller's request is told in the provider's words; the rest in ours.
    ...(isOwn
      ? { type: textOf(error.type) ?? "invalid_request_error", code: textOf(error.code) ?? null }
      : {}),
    param: isOwn ? (textOf(error.param) ?? null) : null,
    retryAfterMs: from.retryAfterMs,
  });
};

export const toAttemptFailure = (from: ProviderError, key: Secret | undefined): AttemptFailure => {
  const { status, retryAfterMs } = from;
  const error = isJsonObject(from.error) ? from.error : {};
  if (status === 403 && isJsonObject(error.metadata) && error.metadata.reasons !== undefined) {
    // OpenRouter's moderation: about the request, not about the key.
    return { kind: "caller", refusal: toRefusal("upstream_rejected", from, key, 403) };
  }
  if (status === 401 || status === 402 || status === 403) return { kind: "credential" };
  // OpenAI's status for a key without money.
  if (status === 429 && textOf(error.code) === "insufficient_quota") return { kind: "credential" };
  if (status === 429)
    return { kind: "rate", retryAfterMs, refusal: toRefusal("upstream_rate_limited", from, key) };
  if (status === 404) return { kind: "model", refusal: toRefusal("model_not_found", from, key) };
  if (status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 425) {
    return { kind: "caller", refusal: toRefusal("upstream_rejected", from, key, status) };
  }
  return {
    kind: "provider",
    isRepeatable: true,
    retryAfterMs,
    refusal: toRefusal("upstream_error", from, key),
  };
};

/** An error that came with status 200 or inside a stream: its code may be a status. */
export const statusOf = (error: JsonValue): number => {
  const code = isJsonObject(error) ? Number(error.code ?? error.status) : Number.NaN;
  return Number.isInteger(code) && code >= 400 && code <= 599 ? code : 502;
};

const delayCharsMax = 64;

/** `retry-after-ms`, or `retry-after` as seconds or as a date. */
export const readRetryAfterMs = (
  header: (name: string) => string | undefined,
  wallMs: number,
): number | undefined => {
  const exact = Number(header("retry-after-ms") || Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return exact;
  const text = header("retry-after");
  if (!text || text.length > delayCharsMax) return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - wallMs);
};
