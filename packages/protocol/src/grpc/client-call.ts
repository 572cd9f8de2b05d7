// One call at its client. It ends with the server's trailers, with a reset, with its deadline, by `cancel`, or
// with its connection; whichever comes first decides the status.
//
// I1 `close` is called exactly once and last; `status` resolves with the same value.
// I2 Messages that came before the trailers are handed on before `close`.

import { type ClientHttp2Stream, constants } from "node:http2";
import { Failure } from "@cmdop/base";
import { toFramed } from "../codec/framing.ts";
import type { CallEvents, CallStatus, ClientCall, RawCallEvents } from "./call.ts";
import { Inbound } from "./inbound.ts";
import { emptyMetadata, fromRawHeaders, type Metadata } from "./metadata.ts";
import { type Flusher, Outbound } from "./outbound.ts";
import { isGrpcContentType } from "./response.ts";
import { fromCallStatus, statusCode, statusOfHttp, toCallStatus } from "./status.ts";
import { decodeStatusMessage } from "./status-message.ts";

export interface ClientCallOptions {
  readonly path: string;
  readonly messageBytesMax: number;
  readonly sendBufferBytes: number;
  readonly flusher: Flusher;
  /** Why the connection is over, when it is. */
  connectionFailure(): Failure | undefined;
  closed(call: ClientCallStream): void;
}

/**
 * Node's `close(code)` ends the sending side before it resets the stream, so that a server would see a finished
 * request and only then the cancellation. With `waitForTrailers` the end stays ours to send.
 */
export const requestOptions = { endStream: false, waitForTrailers: true };

type RawHeaders = readonly string[];

const rawHeader = (raw: RawHeaders, name: string): string | undefined => {
  for (let at = 0; at + 1 < raw.length; at += 2) if (raw[at] === name) return raw[at + 1];
  return undefined;
};

const toStatus = (raw: RawHeaders): CallStatus => ({
  code: statusCode(rawHeader(raw, "grpc-status") ?? ""),
  message: decodeStatusMessage(rawHeader(raw, "grpc-message") ?? ""),
  metadata: fromRawHeaders(raw),
});

/** RST_STREAM codes by PROTOCOL-HTTP2.md, Errors. */
const fromReset = (code: number): Failure => {
  switch (code) {
    case constants.NGHTTP2_CANCEL:
      return new Failure("cancelled", "The server cancelled the call.");
    case constants.NGHTTP2_REFUSED_STREAM:
      return new Failure("unavailable", "The server did not take the call.");
    case constants.NGHTTP2_ENHANCE_YOUR_CALM:
      return new Failure("rate_limited", "The server asks for fewer or smaller requests.");
    case constants.NGHTTP2_INADEQUATE_SECURITY:
      return new Failure("permission_denied");
    case constants.NGHTTP2_NO_ERROR:
      return new Failure("truncated_message", "The call ended without a status.");
    default:
      return new Failure("internal", "The server reset the call.");
  }
};

export class ClientCallStream implements ClientCall {
  readonly path: string;
  readonly headers: Promise<Metadata>;
  readonly status: Promise<CallStatus>;
  readonly #stream: ClientHttp2Stream;
  readonly #options: ClientCallOptions;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  #resolveHeaders: (metadata: Metadata) => void = () => {};
  #rejectHeaders: (failure: Failure) => void = () => {};
  #resolveStatus: (status: CallStatus) => void = () => {};
  #events: CallEvents | RawCallEvents | undefined;
  #abort: AbortController | undefined;
  /** From the trailers; the call ends with it once everything before it was handed on. */
  #received: CallStatus | undefined;
  #final: CallStatus | undefined;

  constructor(stream: ClientHttp2Stream, options: ClientCallOptions) {
    this.path = options.path;
    this.#stream = stream;
    this.#options = options;
    this.headers = new Promise((resolve, reject) => {
      this.#resolveHeaders = resolve;
      this.#rejectHeaders = reject;
    });
    // Who does not wait for headers learns of the failure by `status`.
    this.headers.catch(() => {});
    this.status = new Promise((resolve) => {
      this.#resolveStatus = resolve;
    });
    this.#outbound = new Outbound(stream, options.flusher, options.sendBufferBytes);
    this.#inbound = new Inbound(stream, {
      messageBytesMax: options.messageBytesMax,
      failed: (cause) => this.abandon(cause),
      afterEnd: () => this.#inboundEnded(),
    });
    stream.on("response", (_headers, flags: number, raw: RawHeaders) => this.#responded(flags, raw));
    stream.on("trailers", (_headers: unknown, _flags: number, raw: RawHeaders) => this.#trailers(raw));
    // Everything went and the call goes on: half-close now. See `requestOptions`.
    stream.on("wantTrailers", () => {
      if (!this.#final) stream.sendTrailers({});
    });
    stream.on("error", () => {});
    stream.on("close", () => this.#streamClosed());
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#final) this.#abort.abort();
    return this.#abort.signal;
  }

  get bufferedBytes(): number {
    return this.#outbound.bufferedBytes;
  }

  handle(events: CallEvents): void {
    if (this.#take(events)) this.#inbound.handle(events);
  }

  handleRaw(events: RawCallEvents): void {
    if (this.#take(events)) this.#inbound.handleRaw(events);
  }

  pause(): void {
    if (!this.#final) this.#inbound.pause();
  }

  resume(): void {
    if (!this.#final) this.#inbound.resume();
  }

  send(message: Uint8Array): boolean {
    return this.sendFramed(toFramed(message));
  }

  sendFramed(framed: Uint8Array): boolean {
    return this.#final ? false : this.#outbound.send(framed);
  }

  end(): void {
    if (!this.#final) this.#outbound.end();
  }

  cancel(): void {
    this.abandon(new Failure("cancelled"));
  }

  /** Ends the call now with this failure and tells the server by RST_STREAM(CANCEL). */
  abandon(cause: unknown): void {
    if (this.#final) return;
    if (!this.#stream.destroyed) this.#stream.close(constants.NGHTTP2_CANCEL);
    this.#finish(toCallStatus(cause));
  }

  #take(events: CallEvents | RawCallEvents): boolean {
    this.#events = events;
    this.#outbound.onDrain = () => events.drain?.();
    const final = this.#final;
    if (!final) return true;
    queueMicrotask(() => events.close?.(final));
    return false;
  }

  #responded(flags: number, raw: RawHeaders): void {
    try {
      const http = rawHeader(raw, ":status");
      if (http !== "200") {
        const code = statusOfHttp(Number(http));
        const status = { code, message: `The server answered HTTP ${http}.`, metadata: emptyMetadata };
        this.abandon(fromCallStatus(status));
        return;
      }
      if (!isGrpcContentType(rawHeader(raw, "content-type"))) {
        this.abandon(new Failure("internal", "The answer is not gRPC."));
        return;
      }
      const isTrailersOnly = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      if (!isTrailersOnly) {
        this.#resolveHeaders(fromRawHeaders(raw));
        return;
      }
      if (rawHeader(raw, "grpc-status") !== undefined) this.#received = toStatus(raw);
      if (this.#received) this.#finish(this.#received);
    } catch (cause) {
      this.abandon(cause);
    }
  }

  #trailers(raw: RawHeaders): void {
    try {
      if (rawHeader(raw, "grpc-status") !== undefined) this.#received = toStatus(raw);
    } catch (cause) {
      this.abandon(cause);
    }
  }

  #inboundEnded(): void {
    if (this.#received) this.#finish(this.#received);
  }

  #streamClosed(): void {
    if (this.#final) return;
    // Paused with the answer complete: it ends when what it holds was handed on.
    if (this.#received && this.#inbound.isWaiting) return;
    if (this.#received) {
      this.#finish(this.#received);
      return;
    }
    const failure = this.#options.connectionFailure() ?? fromReset(this.#stream.rstCode ?? 0);
    this.#finish(toCallStatus(failure));
  }

  #finish(status: CallStatus): void {
    if (this.#final) return;
    this.#final = status;
    this.#inbound.stop();
    this.#outbound.stop();
    // The server has answered and does not read on.
    if (!this.#stream.destroyed && !this.#stream.closed) this.#stream.close(constants.NGHTTP2_NO_ERROR);
    this.#rejectHeaders(fromCallStatus(status));
    this.#abort?.abort();
    this.#options.closed(this);
    this.#resolveStatus(status);
    this.#events?.close?.(status);
  }
}
