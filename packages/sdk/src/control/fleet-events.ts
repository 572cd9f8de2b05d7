// What changes in a fleet, as an iterator that survives lost connections: it goes on behind the event that it gave
// last, or says that everything is to be looked at anew.
import { Backoff, Failure, isFailureCode } from "@cmdop/base";
import type { ControlClient } from "./control-client.ts";

export type FleetEvent =
  /** Connected; of these topics one hears from now on. Comes again when rights change, and after a lost connection. */
  | { readonly kind: "ready"; readonly topics: readonly string[] }
  /** Look it up: an event holds nothing of what has changed. */
  | { readonly kind: "change"; readonly topic: string; readonly id: string }
  /** Something was missed: look at everything anew. */
  | { readonly kind: "resync" };

export interface FollowEventsOptions {
  /** Id or slug. */
  readonly fleet: string;
  /** Default: all that the credential may see. */
  readonly topics?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Three heartbeats: after so long without a word the connection counts as lost. */
const silenceMs = 45_000;
const messageCharsMax = 64 * 1024;

/**
 * Ends when the signal is aborted, by returning. Rejects when the credential no longer holds or may no longer, and
 * with every other refusal that trying again does not help. An event may come twice.
 */
export async function* followEvents(
  client: ControlClient,
  options: FollowEventsOptions,
): AsyncGenerator<FleetEvent, void, undefined> {
  const backoff = new Backoff();
  let last: string | undefined;
  while (!isAborted(options.signal)) {
    let failure: Failure | undefined;
    try {
      for await (const message of messages(client, options, last)) {
        backoff.reset();
        last = message.id ?? last;
        if (message.event === "end") {
          failure = endOf(message);
          break;
        }
        const event = toEvent(message);
        if (event) yield event;
      }
    } catch (cause) {
      failure =
        cause instanceof Failure ? cause : new Failure("unavailable", "The connection was lost.", { cause });
    }
    if (isAborted(options.signal)) return;
    if (failure && !failure.row.retryable) throw failure;
    await pause(failure?.retryAfterMs ?? backoff.nextMs(), options.signal);
  }
}

interface Message {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted ?? false;

async function* messages(
  client: ControlClient,
  { fleet, topics, signal }: FollowEventsOptions,
  last: string | undefined,
): AsyncGenerator<Message, void, undefined> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silenceMs);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), silenceMs);
  };
  try {
    const { data } = await client.GET("/v1/fleets/{fleet}/events", {
      params: {
        path: { fleet },
        query: topics === undefined ? {} : { topics: topics.join(",") },
      },
      headers: last === undefined ? {} : { "last-event-id": last },
      parseAs: "stream",
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    });
    if (!data) return;
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of data as unknown as AsyncIterable<Uint8Array>) {
      heard();
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        yield parseMessage(text.slice(0, end));
        text = text.slice(end + 2);
      }
      if (text.length > messageCharsMax) throw new Failure("message_too_large");
    }
  } catch (cause) {
    if (silence.signal.aborted)
      throw new Failure("unavailable", "Nothing was heard for too long.", { cause });
    throw cause;
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/** As the control plane writes them: one line a field, data in JSON. */
const parseMessage = (block: string): Message => {
  let [id, event, data]: [string | undefined, string, string] = [undefined, "message", "{}"];
  for (const line of block.split("\n")) {
    const [, name, value = ""] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === "id") id = value;
    if (name === "event") event = value;
    if (name === "data") data = value;
  }
  try {
    return { id, event, data: JSON.parse(data) as Record<string, unknown> };
  } catch (cause) {
    throw new Failure("unavailable", "What answers there is no control plane.", { cause });
  }
};

const toEvent = ({ event, data }: Message): FleetEvent | undefined => {
  const { topic, id, topics } = data;
  if (event === "resync") return { kind: "resync" };
  if (event === "ready" && Array.isArray(topics)) return { kind: "ready", topics: topics.map(String) };
  if (event === "change" && typeof topic === "string" && typeof id === "string") {
    return { kind: "change", topic, id };
  }
  return undefined;
};

const endOf = ({ data: { code } }: Message): Failure =>
  new Failure(typeof code === "string" && isFailureCode(code) ? code : "unavailable");

const pause = (delayMs: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal?.addEventListener("abort", done);
  });
