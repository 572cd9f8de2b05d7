import { parseJsonText } from "../core/json-text.ts";
import { readRetryAfterMs, toAttemptFailure } from "../core/provider-errors.ts";
import { readTokens } from "../core/usage.ts";
import type { UpstreamResponse } from "../ports.ts";
import { type Asked, failed, failedInside, noRoom, type Outcome, readAll, unreadable } from "./answer.ts";
import { type Attempt, toProviderFailure } from "./attempt.ts";

const decoder = new TextDecoder();

/** An answer with a 2xx that is no stream: read whole, looked into, and passed on as the bytes that came. */
export const readPlain = async (
  asked: Asked,
  response: UpstreamResponse,
  bytesMax: number,
): Promise<Outcome> => {
  const { share } = asked;
  let taken = 0;
  const take = (bytes: number): boolean => {
    const hasRoom = share.take(bytes);
    if (hasRoom) taken += bytes;
    return hasRoom;
  };
  const outcome = await read(asked, response, { bytesMax, take });
  if (outcome.kind === "failure") share.give(taken);
  return outcome;
};

const read = async (
  { call, attempt, meter }: Asked,
  response: UpstreamResponse,
  { bytesMax, take }: { readonly bytesMax: number; readonly take: (bytes: number) => boolean },
): Promise<Outcome> => {
  let body: Uint8Array | "no-room" | undefined;
  try {
    body = await readAll(attempt, response, bytesMax, take);
  } catch {
    return failed(toProviderFailure(attempt.readFailure()));
  }
  if (!body) return failed(toProviderFailure("too-large"));
  if (body === "no-room") return noRoom();
  const parsed = parseJsonText(decoder.decode(body));
  if (parsed.kind !== "object") return unreadable();
  const { error, usage } = parsed.value;
  if (call.protocol.isAnswer(parsed.value)) {
    const tokens = readTokens(usage);
    if (tokens) meter.reported(tokens);
    else meter.received(body.length);
    return { kind: "plain", body, value: parsed.value };
  }
  return error === undefined || error === null ? unreadable() : failedInside(error, attempt);
};

/** An answer without a 2xx. Its error is read whatever the content type says. */
export const readRefused = async (
  attempt: Attempt,
  response: UpstreamResponse,
  options: { readonly bytesMax: number; readonly wallMs: number },
): Promise<Extract<Outcome, { kind: "failure" }>> => {
  let body: Uint8Array | undefined;
  try {
    const read = await readAll(attempt, response, options.bytesMax);
    body = read === "no-room" ? undefined : read;
  } catch {
    // The status alone says enough.
  }
  const parsed = parseJsonText(decoder.decode(body ?? new Uint8Array()));
  const retryAfterMs = readRetryAfterMs((name) => response.header(name), options.wallMs);
  // A redirect is not followed: it would carry the request to where nobody configured it to go.
  const status = response.status < 400 ? 502 : response.status;
  const error = parsed.kind === "object" ? (parsed.value.error ?? parsed.value) : undefined;
  return failed(toAttemptFailure({ status, retryAfterMs, error }, attempt.secrets));
};
