// A provider's error, read into what is tried next and what the caller is told of it.
import type { AttemptFailure } from "./attempt-policy.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json-text.ts";
import { type Refusal, type RefusalCode, refuse } from "./refusals.ts";
import { Secret } from "./secret.ts";

export interface ProviderError {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** What stands under `error`; undefined: nothing that can be read. */
  readonly error: JsonValue | undefined;
}

const messageCharsMax = 2_000;
const keyLike = /\b(?:sk|pk|rk|xai|gsk|AIza|cmdop)[-_][A-Za-z0-9_*.-]{6,}|Bearer\s+\S+/gi;

/** Text of a provider, safe to show: nothing secret that was sent to it, nor anything that looks like a key, is in it. */
export const redact = (text: string, sent: readonly Secret[]): string => {
  let without = text;
  for (const secret of sent) {
    const value = secret.reveal();
    if (value !== "") without = without.replaceAll(value, "[secret]");
  }
  return without.replace(keyLike, "[secret]").slice(0, messageCharsMax);
};

/** A shorter value of a header (a team, a number) is no secret, and stands in words of every text. */
const secretCharsMin = 8;

/** What a request tells a provider and nobody else may learn. Headers: those that somebody set for this provider. */
export const secretsIn = (
  key: Secret | undefined,
  headers: Readonly<Record<string, string>>,
): readonly Secret[] => {
  // Whole, and its words: of "Basic dXNlcjpwYXNz" a provider may say the second alone.
  const values = Object.values(headers).flatMap((value) => [value, ...value.split(/\s+/)]);
  const secret = [...new Set(values)].filter(({ length }) => length >= secretCharsMin);
  return [...(key ? [key] : []), ...secret.map((value) => new Secret(value))];
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
  sent: readonly Secret[],
  status?: number,
): Refusal => {
  const error = isJsonObject(from.error) ? from.error : {};
  const shown = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : redact(text, sent);
  const message = shown(messageOf(error) ?? textOf(from.error));
  const isOwn = row === "upstream_rejected" || row === "model_not_found";
  return refuse(row, {
    ...(message === undefined ? {} : { message }),
    ...(status === undefined ? {} : { status }),
    // What is about the caller's request is told in the provider's words; the rest in ours.
    ...(isOwn
      ? {
          type: shown(textOf(error.type)) ?? "invalid_request_error",
          code: shown(textOf(error.code)) ?? null,
        }
      : {}),
    param: isOwn ? (shown(textOf(error.param)) ?? null) : null,
    retryAfterMs: from.retryAfterMs,
  });
};

/**
 * What a good key may not have: OpenAI's 403 for a model and 401 for an endpoint, OpenRouter's 402 for an answer that is
 * longer than what is left pays for. Anybody who asks for such would otherwise have the key parked for all. In our words:
 * a provider's name the project.
 */
const beyondKey = (error: JsonObject): Refusal | undefined => {
  const message = textOf(error.message) ?? "";
  if (/can only afford/i.test(message)) return refuse("upstream_credentials_exhausted");
  const isBeyond =
    error.code === "model_not_found" ||
    /does not have access to (?:the )?model|must be verified to use the model|missing scopes/i.test(message);
  return isBeyond ? notForKey : undefined;
};

const notForKey = refuse("model_not_found", {
  message: "The provider does not let the key that it was asked with use this model, or not so.",
  param: "model",
});

export const toAttemptFailure = (from: ProviderError, sent: readonly Secret[]): AttemptFailure => {
  const { status, retryAfterMs } = from;
  const error = isJsonObject(from.error) ? from.error : {};
  if (status === 403 && isJsonObject(error.metadata) && error.metadata.reasons !== undefined) {
    // OpenRouter's moderation: about the request, not about the key.
    return { kind: "caller", refusal: toRefusal("upstream_rejected", from, sent, 403) };
  }
  if (status === 401 || status === 402 || status === 403) {
    const refusal = beyondKey(error);
    return refusal ? { kind: "model", isOfKey: true, refusal } : { kind: "credential" };
  }
  // OpenAI's status for a key without money.
  if (status === 429 && textOf(error.code) === "insufficient_quota") return { kind: "credential" };
  if (status === 429)
    return { kind: "rate", retryAfterMs, refusal: toRefusal("upstream_rate_limited", from, sent) };
  if (status === 404) {
    // OpenAI's words for both.
    const isOfKey = /do not have access to it/i.test(textOf(error.message) ?? "");
    return { kind: "model", isOfKey, refusal: toRefusal("model_not_found", from, sent) };
  }
  if (status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 425) {
    return { kind: "caller", refusal: toRefusal("upstream_rejected", from, sent, status) };
  }
  return {
    kind: "provider",
    isRepeatable: true,
    retryAfterMs,
    refusal: toRefusal("upstream_error", from, sent),
  };
};

/** An error that came with status 200 or inside a stream: its code may be a status. */
export const statusOf = (error: JsonValue): number => {
  const code = isJsonObject(error) ? Number(error.code ?? error.status) : Number.NaN;
  return Number.isInteger(code) && code >= 400 && code <= 599 ? code : 502;
};

const delayCharsMax = 64;
const delayMaxMs = 86_400_000;

/** `retry-after-ms`, or `retry-after` as seconds or as a date; a day at the most. */
export const readRetryAfterMs = (
  header: (name: string) => string | undefined,
  wallMs: number,
): number | undefined => {
  const delayMs = readDelayMs(header, wallMs);
  return delayMs === undefined ? undefined : Math.min(delayMs, delayMaxMs);
};

const readDelayMs = (header: (name: string) => string | undefined, wallMs: number): number | undefined => {
  const exact = Number(header("retry-after-ms") || Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return exact;
  const text = header("retry-after");
  if (!text || text.length > delayCharsMax) return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - wallMs);
};
