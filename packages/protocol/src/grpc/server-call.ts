// One call at its server. Phases: open, finishing (a status is set, output drains, trailers follow), closed.
//
// I1 `close` is called exactly once and last, with what the peer was told, or with why it was told nothing.
// I2 A status is sent once; after `finish` nothing is read and nothing more is sent.

import { constants, type ServerHttp2Stream } from "node:http2";
import { Failure } from "@cmdop/base";
import { toFramed } from "../codec/framing.ts";
import type { CallEvents, CallStatus, Peer, RawCallEvents, ServerCall } from "./call.ts";
import { Inbound } from "./inbound.ts";
import { addToHeaders, emptyMetadata, type Metadata } from "./metadata.ts";
import { type Flusher, Outbound } from "./outbound.ts";
import { responseHeaders, withoutBody, withTrailers } from "./response.ts";
import { statusNumber, toCallStatus } from "./status.ts";
import { encodeStatusMessage } from "./status-message.ts";

export interface ServerCallOptions {
  readonly path: string;
  readonly metadata: Metadata;
  readonly peer: Peer;
  readonly deadlineMs: number | undefined;
  readonly startedMs: number;
  nowMs(): number;
  readonly messageBytesMax: number;
  readonly unauthenticatedBytesMax: number | undefined;
  readonly sendBufferBytes: number;
  readonly flusher: Flusher;
  /** The connection's session is gone, not this stream alone. */
  isConnectionLost(): boolean;
  authenticated(): void;
  internalError(cause: unknown): void;
  closed(call: ServerCallStream, status: CallStatus): void;
}

export class ServerCallStream implements ServerCall {
  readonly path: string;
  readonly metadata: Metadata;
  readonly peer: Peer;
  readonly deadlineMs: number | undefined;
  readonly startedMs: number;
  readonly #stream: ServerHttp2Stream;
  readonly #options: ServerCallOptions;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  #events: RawCallEvents | CallEvents | undefined;
  #abort: AbortController | undefined;
  #status: CallStatus | undefined;
  #finishingSinceMs: number | undefined;
  #isTrailersSent = false;
  #isAbandoned = false;
  #isInboundOver = false;
  #isClosed = false;
  isAuthenticated: boolean;

  constructor(stream: ServerHttp2Stream, options: ServerCallOptions) {
    this.path = options.path;
    this.metadata = options.metadata;
    this.peer = options.peer;
    this.deadlineMs = options.deadlineMs;
    this.startedMs = options.startedMs;
    this.isAuthenticated = options.unauthenticatedBytesMax === undefined;
    this.#stream = stream;
    this.#options = options;
    this.#outbound = new Outbound(stream, options.flusher, options.sendBufferBytes);
    this.#inbound = new Inbound(stream, {
      messageBytesMax: options.messageBytesMax,
      unauthenticatedBytesMax: options.unauthenticatedBytesMax,
      failed: (cause) => this.fail(cause),
      ended: () => {
        this.#isInboundOver = true;
      },
    });
    stream.on("wantTrailers", this.#sendTrailers);
    stream.on("close", this.#streamClosed);
    // "close" follows and tells the owner; unheard, this would end the process.
    stream.on("error", () => {});
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#isClosed) this.#abort.abort();
    return this.#abort.signal;
  }

  get bufferedBytes(): number {
    return this.#outbound.bufferedBytes;
  }

  /** When `finish` was called; for the sweep that ends calls whose peer does not read. */
  get finishingSinceMs(): number | undefined {
    return this.#finishingSinceMs;
  }

  handle(events: CallEvents): void {
    if (this.#take(events)) this.#inbound.handle(events);
  }

  handleRaw(events: RawCallEvents): void {
    if (this.#take(events)) this.#inbound.handleRaw(events);
  }

  authenticated(): void {
    this.isAuthenticated = true;
    this.#inbound.authenticated();
    this.#options.authenticated();
  }

  pause(): void {
    if (!this.#status) this.#inbound.pause();
  }

  resume(): void {
    if (!this.#status) this.#inbound.resume();
  }

  sendHeaders(metadata: Metadata = emptyMetadata): void {
    if (this.#stream.headersSent || !this.#isWritable) return;
    const headers = responseHeaders();
    addToHeaders(headers, metadata);
    this.#stream.respond(headers, withTrailers);
  }

  send(message: Uint8Array): boolean {
    return this.sendFramed(toFramed(message));
  }

  sendFramed(framed: Uint8Array): boolean {
    if (this.#status) return false;
    if (!this.#stream.headersSent) this.sendHeaders();
    return this.#outbound.send(framed);
  }

  finish(status: Partial<CallStatus> = {}): void {
    if (this.#status) return;
    this.#status = {
      code: status.code ?? "OK",
      message: status.message ?? "",
      metadata: status.metadata ?? emptyMetadata,
    };
    this.#finishingSinceMs = this.#options.nowMs();
    this.#inbound.stop();
    if (!this.#isWritable) return;
    if (this.#stream.headersSent) this.#outbound.end();
    else this.#respondTrailersOnly(this.#status);
  }

  fail(cause: unknown): void {
    if (!(cause instanceof Failure)) this.#options.internalError(cause);
    this.finish(toCallStatus(cause));
  }

  /** Ends the call now, also when its peer does not read. */
  abandon(cause: unknown): void {
    this.fail(cause);
    this.#status = toCallStatus(cause);
    this.#isAbandoned = true;
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #take(events: CallEvents | RawCallEvents): boolean {
    this.#events = events;
    this.#outbound.onDrain = () => events.drain?.();
    if (!this.#isClosed) return !this.#status;
    // It ended while its handler was still deciding (checking a token): the owner learns of it all the same.
    const status = this.#closeStatus;
    queueMicrotask(() => events.close?.(status));
    return false;
  }

  get #isWritable(): boolean {
    return !this.#stream.destroyed && !this.#stream.closed && !this.#isClosed;
  }

  #trailers(status: CallStatus): Record<string, string | string[]> {
    const trailers: Record<string, string | string[]> = { "grpc-status": String(statusNumber(status.code)) };
    if (status.message !== "") trailers["grpc-message"] = encodeStatusMessage(status.message);
    try {
      addToHeaders(trailers, status.metadata);
    } catch (cause) {
      this.#options.internalError(cause);
    }
    return trailers;
  }

  #respondTrailersOnly(status: CallStatus): void {
    this.#stream.respond({ ...responseHeaders(), ...this.#trailers(status) }, withoutBody);
    this.#trailersSent();
  }

  readonly #sendTrailers = (): void => {
    if (!this.#status || !this.#isWritable) return;
    this.#stream.sendTrailers(this.#trailers(this.#status));
    this.#trailersSent();
  };

  #trailersSent(): void {
    this.#isTrailersSent = true;
    // Tells a client that is still sending to stop, without making the call an error (RFC 9113, 8.1).
    // Not in this turn: nghttp2 sends a reset before trailers that still wait, and forgets them.
    if (!this.#isInboundOver) setImmediate(this.#stopSender);
  }

  readonly #stopSender = (): void => {
    if (!this.#isInboundOver && !this.#stream.destroyed) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  };

  get #closeStatus(): CallStatus {
    const isTold = this.#isTrailersSent && this.#stream.rstCode === constants.NGHTTP2_NO_ERROR;
    if (this.#status && (isTold || this.#isAbandoned)) return this.#status;
    const cause = this.#options.isConnectionLost()
      ? new Failure("connection_lost")
      : new Failure("cancelled");
    return toCallStatus(cause);
  }

  readonly #streamClosed = (): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#inbound.stop();
    this.#outbound.stop();
    const status = this.#closeStatus;
    this.#status ??= status;
    this.#abort?.abort();
    this.#options.closed(this, status);
    try {
      this.#events?.close?.(status);
    } catch (cause) {
      this.#options.internalError(cause);
    }
  };
}
