import type { AttemptFailure } from "../core/attempt-policy.ts";
import type { JsonObject, JsonValue } from "../core/json-text.ts";
import { Pieces } from "../core/pieces.ts";
import type { Call } from "../core/protocol.ts";
import { statusOf, toAttemptFailure } from "../core/provider-errors.ts";
import { type Refusal, refuse } from "../core/refusals.ts";
import type { End, Meter } from "../core/usage.ts";
import type { UpstreamResponse } from "../ports.ts";
import type { AnswerShare } from "./answer-room.ts";
import type { Attempt } from "./attempt.ts";

/** What one attempt is about. */
export interface Asked {
  readonly call: Call;
  readonly attempt: Attempt;
  readonly meter: Meter;
  readonly share: AnswerShare;
}

/** What one attempt came to. */
export type Outcome =
  | { readonly kind: "plain"; readonly body: Uint8Array; readonly value: JsonObject }
  | { readonly kind: "stream"; readonly blocks: AsyncGenerator<Uint8Array> }
  | { readonly kind: "failure"; readonly failure: AttemptFailure };

/** Told once when an answer that has begun is over. */
export type OnEnd = (end: End, refusal: Refusal | undefined) => void;

export const failed = (failure: AttemptFailure): Extract<Outcome, { kind: "failure" }> => ({
  kind: "failure",
  failure,
});

/** An answer that came and cannot be used. */
export const unreadable = (): Outcome =>
  failed({
    kind: "provider",
    isRepeatable: true,
    retryAfterMs: undefined,
    refusal: refuse("upstream_invalid"),
  });

/** An error that came with status 200. */
export const failedInside = (error: JsonValue, attempt: Attempt): Outcome =>
  failed(toAttemptFailure({ status: statusOf(error), retryAfterMs: undefined, error }, attempt.secrets));

/** There is no room for the answer: nobody else is asked for it. */
export const noRoom = (): Outcome => failed({ kind: "caller", refusal: tooMuchKept() });

export const tooMuchKept = (): Refusal => refuse("overloaded", { retryAfterMs: 1_000 });

/** The whole body; undefined when it is larger than `bytesMax`. `take`: whether there is room for it. Throws when the connection ends before it does. */
export const readAll = async (
  attempt: Attempt,
  response: UpstreamResponse,
  bytesMax: number,
  take: (bytes: number) => boolean = () => true,
): Promise<Uint8Array | "no-room" | undefined> => {
  const parts = new Pieces();
  const chunks = response.body[Symbol.asyncIterator]();
  for (;;) {
    const chunk = await attempt.read(() => chunks.next());
    if (chunk.done) break;
    if (parts.bytes + chunk.value.length > bytesMax) return undefined;
    if (!take(chunk.value.length)) return "no-room";
    parts.add(chunk.value);
  }
  return parts.take();
};
