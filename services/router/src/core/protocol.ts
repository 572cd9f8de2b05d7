// One endpoint's shape: what the gateway must know to pass its answers on. Everything else in them it leaves alone.
import { dataOf } from "./event-splitter.ts";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "./json-text.ts";
import { type Refusal, refuse } from "./refusals.ts";
import type { ProviderEntry } from "./route-table.ts";
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
  /** Whether it may end here with no event that ends it; undefined: where it is complete. */
  readonly isWhole?: boolean;
}

type ProtocolName =
  | "chat"
  | "responses"
  | "messages"
  | "count_tokens"
  | "embeddings"
  | "images"
  | "image_edits";

export interface Call {
  readonly protocol: Protocol;
  /** The body parsed; of a form, its text fields. */
  readonly body: JsonObject;
  /** Of the text in it, for an estimate. */
  readonly inputChars: number;
  readonly contentType: string;
  /** The body as it came, with members set and others taken out; of a form, the model alone is set. */
  toBody(members: JsonObject, removed?: readonly string[]): string | Uint8Array;
  readonly model: string;
  readonly isStream: boolean;
  /** Those of the caller's headers that the protocol passes on. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a form. */
  readonly files?: readonly CallFile[];
}

export interface CallFile {
  readonly field: string;
  /** Its data URL, in ASCII: a third larger than the file, and made where it is to stand. */
  readonly dataUrlBytes: number;
  writeDataUrl(target: Uint8Array, at: number): void;
}

/** The same call with members of its body changed; the rest of the body stays as it came. */
export const changeCall = (
  call: Call,
  change: {
    readonly members: JsonObject;
    readonly removed?: readonly string[];
    readonly isStream?: boolean;
  },
): Call => {
  const { members, removed = [] } = change;
  const kept = Object.entries(call.body).filter(([name]) => !removed.includes(name));
  return {
    ...call,
    body: { ...Object.fromEntries(kept), ...members },
    isStream: change.isStream ?? call.isStream,
    toBody: (more, alsoRemoved = []) =>
      call.toBody(
        { ...members, ...more },
        [...removed, ...alsoRemoved].filter((name) => !(name in members)),
      ),
  };
};

export interface Protocol {
  /** Also a label of metrics. */
  readonly name: ProtocolName;
  /** Behind a provider's base URL. */
  readonly path: string;
  /** How the body comes. */
  readonly encoding: "json" | "form";
  /** Headers of the caller that travel on; every other one ends here. */
  readonly forwards: readonly string[];
  /** Whether an answer costs nothing, whatever it holds. */
  readonly isFree: boolean;
  /** What the body lacks or has wrong, as far as the router depends on it. */
  check(body: JsonObject): Refusal | undefined;
  /** Why this provider cannot be asked; undefined: it can. */
  refusedBy(call: Call, provider: ProviderEntry): Refusal | undefined;
  /** Members set in the body that is sent. */
  members(call: Call): JsonObject;
  /** Whether the caller wants to see an event that says what was used and nothing else. */
  wantsUsage(call: Call): boolean;
  createWatch(call: Call): StreamWatch;
  /** Whether a plain body is an answer. */
  isAnswer(body: JsonObject): boolean;
  /** The events of a whole answer, for a provider that does not stream it; undefined: such an answer is none. */
  readonly toEvents?: (answer: JsonObject) => string;
  /** The event that ends a complete stream and stands for nothing else; a provider that forgot it is helped. */
  readonly doneEvent: string | undefined;
  toErrorBody(refusal: Refusal): string;
  toErrorEvent(refusal: Refusal): string;
}

/** A stream's event, parsed: a JSON object with a type, as all but chat completions have it. */
export type TypedEvent =
  | { readonly kind: "event"; readonly type: string; readonly event: JsonObject }
  | Extract<Seen, { kind: "comment" | "done" | "unreadable" }>;

export const readTypedEvent = (bytes: Uint8Array): TypedEvent => {
  try {
    const data = dataOf(bytes);
    if (data === undefined) return { kind: "comment" };
    if (data === "[DONE]") return { kind: "done" };
    const event = parseJson(data);
    if (isJsonObject(event) && typeof event.type === "string")
      return { kind: "event", type: event.type, event };
  } catch {
    // Neither is what a provider sends.
  }
  return { kind: "unreadable" };
};

/** An event that goes on; what it adds to the answer and to the bill. */
export const seenChunk = (
  details: {
    readonly hasContent?: boolean;
    readonly chars?: number;
    readonly tokens?: Tokens | undefined;
  } = {},
): Seen => ({
  kind: "chunk",
  hasContent: details.hasContent ?? false,
  chars: details.chars ?? 0,
  tokens: details.tokens,
  isUsageOnly: false,
});

/** For a provider that does not serve an endpoint, or what a body asks for, at all. */
export const notServed = (provider: ProviderEntry, what: string, instead = ""): Refusal =>
  refuse("endpoint_not_served", {
    message:
      provider.kind === "demo"
        ? `The built-in demonstration model does not serve ${what}. ${howToBringOne}`
        : `${provider.name} does not serve ${what}.${instead}`,
    param: "model",
  });

const howToBringOne =
  "Bring a provider (cmdop providers add NAME, with --for-me for yourself alone), or set OPENAI_API_KEY at the router or add a provider to its route table, and start it again.";
