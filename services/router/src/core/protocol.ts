// One endpoint's shape: what the gateway must know to pass its answers on. Everything else in them it leaves alone.
import type { JsonObject, JsonValue } from "./json-text.ts";
import type { Refusal } from "./refusals.ts";
import type { Tokens } from "./usage.ts";

export type Seen =
  | {
      readonly kind: "chunk";
      /** Something of the answer itself: from here on another attempt would say it twice. */
      readonly hasContent: boolean;
      /** Of text and of arguments, for an estimate. */
      readonly chars: number;
      readonly tokens: Tokens | undefined;
      /** Says what was used and nothing else. */
      readonly isUsageOnly: boolean;
    }
  /** A comment or a heartbeat. */
  | { readonly kind: "comment" }
  | { readonly kind: "done" }
  | { readonly kind: "error"; readonly error: JsonValue }
  | { readonly kind: "unreadable" };

/** Reads along a stream that is passed on as the bytes that came. */
export interface StreamWatch {
  see(event: Uint8Array): Seen;
  /** Whether the answer may end here. */
  readonly isComplete: boolean;
}

export interface Call {
  readonly protocol: Protocol;
  /** The body as it came, and parsed. */
  readonly text: string;
  readonly body: JsonObject;
  readonly model: string;
  readonly isStream: boolean;
}

export interface Protocol {
  /** Also a label of metrics. */
  readonly name: "chat";
  /** Behind a provider's base URL. */
  readonly path: string;
  /** What the body lacks or has wrong, as far as the router depends on it. */
  check(body: JsonObject): Refusal | undefined;
  /** Members set in the body that is sent. */
  members(call: Call): JsonObject;
  /** Whether the caller wants to see the event that says what was used. */
  wantsUsage(call: Call): boolean;
  createWatch(): StreamWatch;
  /** Whether a plain body is an answer. */
  isAnswer(body: JsonObject): boolean;
  /** The event that ends a stream which is complete; a provider that forgot it is helped. */
  readonly doneEvent: string;
  toErrorEvent(refusal: Refusal): string;
}
