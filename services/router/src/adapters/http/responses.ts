// How answers and refusals leave: headers are built here and none of a provider's is passed on.
import type { OutgoingHttpHeaders } from "node:http";
import type { Clock } from "@cmdop/base";
import type { FastifyReply } from "fastify";
import type { Limits } from "../../core/limits.ts";
import type { Refusal } from "../../core/refusals.ts";
import type { About, GatewayAnswer } from "../../gateway/gateway.ts";

type StreamAnswer = Extract<GatewayAnswer, { kind: "stream" }>;

/** Of an answer that the library makes. */
export const sendRefusal = (
  reply: FastifyReply,
  refusal: Refusal,
  toBody: (refusal: Refusal) => string,
): FastifyReply =>
  reply.headers(refusalHeaders(refusal)).code(refusal.status).type("application/json").send(toBody(refusal));

export const refusalHeaders = ({ retryAfterMs, shouldRetry }: Refusal): Record<string, string> => ({
  ...(retryAfterMs === undefined
    ? {}
    : {
        "retry-after": String(Math.ceil(retryAfterMs / 1000)),
        "retry-after-ms": String(Math.ceil(retryAfterMs)),
      }),
  ...(shouldRetry === undefined ? {} : { "x-should-retry": String(shouldRetry) }),
});

export interface WholeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string | Uint8Array;
}

/** Writes an answer whose reply was taken from the library, with the headers that were set on it. */
export const sendWhole = (
  reply: FastifyReply,
  { status, headers, body }: WholeAnswer,
  stallMs: number,
): void => {
  const { raw } = reply;
  if (raw.destroyed) return;
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  raw.writeHead(status, {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    ...headers,
    "content-type": "application/json",
    "content-length": bytes.length,
  });
  if (bytes.length <= joinedBytesMax) {
    raw.end(toLatin1(bytes), "latin1");
    return;
  }
  raw.end(bytes);
  // Of a connection on which nothing moves; once the answer has left, Node sets its own time for the next request.
  if (!raw.writableFinished) raw.setTimeout(stallMs, () => raw.destroy());
};

/**
 * A text goes with its head as one text and in one plain write; bytes go beside it in a gathered one, which costs more than
 * the copy up to here. Latin-1 has a character for each byte.
 */
const joinedBytesMax = 2_048;

const toLatin1 = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("latin1");

export const aboutHeaders = (answer: About): Record<string, string> => ({
  "x-router-model": answer.model,
  "x-router-provider": answer.provider,
  "x-router-attempts": String(answer.attempts),
  ...(answer.structured === undefined ? {} : { "x-router-structured": answer.structured }),
  ...(answer.searchEngine === undefined ? {} : { "x-router-search-engine": answer.searchEngine }),
  ...(answer.isEstimate === true ? { "x-router-estimated": "true" } : {}),
});

/** One line without a blank one behind it: some clients take the blank line for an empty event. */
const heartbeat = ": ping\n";

export interface StreamOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly signal: AbortSignal;
  /** Ends the request as if the caller had left. */
  readonly abort: () => void;
}

/** Writes a stream as fast as the caller reads, and not faster. */
export const sendStream = async (
  reply: FastifyReply,
  answer: StreamAnswer,
  { clock, limits, signal, abort }: StreamOptions,
): Promise<void> => {
  reply.hijack();
  const { raw } = reply;
  const heartbeats = new Heartbeats(clock, limits.heartbeatMs, () => raw.write(heartbeat));
  // The head goes in one write with the first block, or alone where none is there yet.
  const head = setImmediate(() => raw.flushHeaders());
  let isMade = false;
  try {
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) raw.setHeader(name, value);
    raw.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
      ...aboutHeaders(answer),
    });
    heartbeats.start();
    for await (const block of answer.blocks) {
      clearImmediate(head);
      heartbeats.postpone();
      if (signal.aborted) break;
      if (raw.write(block)) continue;
      heartbeats.stop();
      if (!(await isDrained(raw, { clock, signal, stallMs: limits.readerStallMs }))) {
        abort();
        break;
      }
      heartbeats.start();
    }
    isMade = true;
  } finally {
    clearImmediate(head);
    heartbeats.stop();
    answer.close();
    // A clean end would say that it is whole. What was written goes out with the next turn.
    if (!isMade) await new Promise(setImmediate);
    if (signal.aborted || !isMade) raw.destroy();
    else raw.end();
  }
};

class Heartbeats {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #beat: () => void;
  #lastMs = 0;
  #cancel: () => void = () => {};

  constructor(clock: Clock, everyMs: number, beat: () => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#beat = beat;
  }

  start(): void {
    this.postpone();
    this.#arm(this.#everyMs);
  }

  postpone(): void {
    this.#lastMs = this.#clock.nowMs();
  }

  stop(): void {
    this.#cancel();
  }

  #arm(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      const silentMs = this.#clock.nowMs() - this.#lastMs;
      if (silentMs >= this.#everyMs) {
        this.#beat();
        this.postpone();
      }
      this.#arm(Math.max(1, this.#everyMs - Math.min(silentMs, this.#everyMs - 1)));
    });
  }
}

interface DrainOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stallMs: number;
}

/** False when the reader left or stood still for too long. */
const isDrained = (raw: FastifyReply["raw"], { clock, signal, stallMs }: DrainOptions): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (drained: boolean) => (): void => {
      cancel();
      raw.off("drain", onDrain);
      signal.removeEventListener("abort", onAbort);
      resolve(drained);
    };
    const onDrain = end(true);
    const onAbort = end(false);
    const cancel = clock.after(stallMs, onAbort);
    raw.once("drain", onDrain);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
