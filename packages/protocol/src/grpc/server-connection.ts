// One HTTP/2 connection at the server: admits calls, keeps their deadlines, and decides when it is dead or idle.
//
// I1 Until a call was authenticated, windows and the number of calls stay small: an unauthenticated peer costs
//    at most unauthenticatedCallsMax * unauthenticatedWindowBytes of received data.
// I2 Time is looked at by `sweep` alone; only a call with a deadline has a timer.

import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { type Clock, Failure } from "@cmdop/base";
import { limits } from "../limits.ts";
import type { CallStatus } from "./call.ts";
import { Keepalive } from "./keepalive.ts";
import { fromRawHeaders, type Metadata } from "./metadata.ts";
import type { Flusher } from "./outbound.ts";
import { isGrpcContentType, responseHeaders, withoutBody } from "./response.ts";
import { ServerCallStream } from "./server-call.ts";
import type { GrpcServerOptions, Method } from "./server-options.ts";
import { statusNumber, toCallStatus } from "./status.ts";
import { encodeStatusMessage } from "./status-message.ts";
import { parseTimeout } from "./timeout.ts";
import { keepaliveOf, openSettings, sessionMemoryMiB, type Transport } from "./transport.ts";

export interface ServerConnectionOptions {
  readonly server: GrpcServerOptions;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly flusher: Flusher;
  readonly peer: string;
  readonly isTls: boolean;
  /** Whether some method wants callers to be authenticated before they may send much. */
  readonly isGuarded: boolean;
  /** A call on it was, or none needs to be. */
  authenticated(): void;
  closed(connection: ServerConnection, why: string): void;
}

const unauthenticatedCallsMax = 16;
const finishTimeoutMs = 30_000;

export class ServerConnection {
  readonly session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #options: ServerConnectionOptions;
  readonly #keepalive: Keepalive;
  readonly #calls = new Set<ServerCallStream>();
  #isOpened = false;
  #hadCall = false;
  #idleSinceMs: number;
  #why = "closed";

  constructor(socket: Socket, options: ServerConnectionOptions) {
    const { transport, clock } = options;
    this.#socket = socket;
    this.#options = options;
    this.#idleSinceMs = clock.nowMs();
    this.session = performServerHandshake(socket, {
      settings: options.isGuarded
        ? {
            ...openSettings(transport),
            initialWindowSize: limits.unauthenticatedWindowBytes,
            maxConcurrentStreams: unauthenticatedCallsMax,
          }
        : { ...openSettings(transport), maxConcurrentStreams: transport.callsPerConnectionMax },
      maxHeaderListPairs: limits.metadataPairsMax,
      maxSessionMemory: sessionMemoryMiB,
    });
    if (!options.isGuarded) this.#open();
    this.#keepalive = new Keepalive(
      this.session,
      () => socket.bytesRead,
      keepaliveOf(transport),
      clock.nowMs(),
    );
    this.session.on("stream", (stream, headers, _flags, rawHeaders: readonly string[]) =>
      this.#admit(stream, headers, rawHeaders),
    );
    this.session.on("error", (error: Error & { code?: string }) => {
      this.#why = error.code ?? "error";
    });
    this.session.on("close", () => {
      // Where the peer is gone, the socket would wait for it to close its half.
      socket.destroy();
      options.closed(this, this.#why);
    });
  }

  get calls(): number {
    return this.#calls.size;
  }

  sweep(nowMs: number): void {
    const { transport } = this.#options;
    if (!this.#keepalive.isAlive(nowMs)) {
      this.destroy("keepalive");
      return;
    }
    if (this.#calls.size === 0) {
      const patienceMs = this.#hadCall ? transport.idleConnectionMs : transport.handshakeTimeoutMs;
      if (nowMs - this.#idleSinceMs < patienceMs) return;
      // Told so before: what holds it is an answer that is no call's, and that its peer does not take.
      if (this.session.closed) this.destroy("idle");
      else this.close("idle");
      return;
    }
    for (const call of this.#calls) this.#sweepCall(call, nowMs);
  }

  #sweepCall(call: ServerCallStream, nowMs: number): void {
    if (!call.isAuthenticated && nowMs - call.startedMs >= this.#options.transport.handshakeTimeoutMs) {
      call.abandon(new Failure("unauthenticated", "The call was not authenticated in time."));
    }
    const since = call.finishingSinceMs;
    if (since !== undefined && nowMs - since >= finishTimeoutMs) call.abandon(new Failure("slow_consumer"));
  }

  /** GOAWAY; running calls go on. */
  close(why: string): void {
    if (this.#why === "closed") this.#why = why;
    if (!this.session.closed) this.session.close();
  }

  destroy(why: string): void {
    this.#why = why;
    this.session.destroy();
    this.#socket.destroy();
  }

  /** Ends all calls with this failure, then the connection. */
  fail(cause: Failure): void {
    for (const call of [...this.#calls]) call.fail(cause);
    this.close(cause.code);
  }

  #open(): void {
    if (this.#isOpened || this.session.destroyed) return;
    this.#isOpened = true;
    const { transport, isGuarded, authenticated } = this.#options;
    authenticated();
    if (isGuarded) {
      this.session.settings({
        initialWindowSize: transport.streamWindowBytes,
        maxConcurrentStreams: transport.callsPerConnectionMax,
      });
    }
    this.session.setLocalWindowSize(transport.connectionWindowBytes);
  }

  #admit(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]): void {
    stream.on("error", () => {});
    if (headers[":method"] !== "POST" || !isGrpcContentType(headers["content-type"])) {
      this.#answerOther(stream, headers);
      return;
    }
    try {
      const path = headers[":path"] ?? "";
      const method = this.#options.server.methods.get(path);
      if (!method) throw new Failure("unimplemented");
      if (headers.te !== "trailers")
        throw new Failure("invalid_argument", "The header te: trailers is missing.");
      const timeout = headers["grpc-timeout"];
      const timeoutMs = timeout === undefined ? undefined : parseTimeout(String(timeout));
      this.#begin({ stream, path, method, timeoutMs, metadata: fromRawHeaders(rawHeaders) });
    } catch (cause) {
      this.#refuse(stream, cause);
    }
  }

  #begin(admitted: {
    stream: ServerHttp2Stream;
    path: string;
    method: Method;
    timeoutMs: number | undefined;
    metadata: Metadata;
  }): void {
    const { stream, path, method, timeoutMs } = admitted;
    const { transport, clock, server, peer, isTls } = this.#options;
    const nowMs = clock.nowMs();
    let cancelDeadline: (() => void) | undefined;
    const call = new ServerCallStream(stream, {
      path,
      metadata: admitted.metadata,
      peer: { address: peer, isTls },
      deadlineMs: timeoutMs === undefined ? undefined : nowMs + timeoutMs,
      startedMs: nowMs,
      nowMs: () => clock.nowMs(),
      messageBytesMax: method.messageBytesMax ?? limits.messageBytesMax,
      unauthenticatedBytesMax: method.unauthenticatedBytesMax,
      sendBufferBytes: transport.sendBufferBytes,
      flusher: this.#options.flusher,
      isConnectionLost: () => this.session.destroyed,
      authenticated: () => this.#open(),
      internalError: (cause) => server.events?.internalError?.(cause, path),
      closed: (ended, status) => {
        cancelDeadline?.();
        this.#ended(ended, status);
      },
    });
    this.#hadCall = true;
    this.#calls.add(call);
    if (timeoutMs !== undefined) {
      cancelDeadline = clock.after(timeoutMs, () => call.fail(new Failure("timed_out")));
    }
    void this.#run(method, call);
  }

  async #run(method: Method, call: ServerCallStream): Promise<void> {
    try {
      await method.handler(call);
    } catch (cause) {
      call.fail(cause);
    }
  }

  #ended(call: ServerCallStream, status: CallStatus): void {
    const { server, clock } = this.#options;
    this.#calls.delete(call);
    this.#idleSinceMs = clock.nowMs();
    server.events?.callEnded?.(call.path, status.code, this.#idleSinceMs - call.startedMs);
  }

  /** Trailers-only, for what never became a call. */
  #refuse(stream: ServerHttp2Stream, cause: unknown): void {
    const status = toCallStatus(cause);
    stream.respond(
      {
        ...responseHeaders(),
        "grpc-status": String(statusNumber(status.code)),
        "grpc-message": encodeStatusMessage(status.message),
        "cmdop-code": String(status.metadata.get("cmdop-code")?.[0] ?? ""),
      },
      withoutBody,
    );
    stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #answerOther(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { http2 } = this.#options.server;
    const isGrpc = (headers["content-type"] ?? "").startsWith("application/grpc");
    if (http2 && !isGrpc) {
      http2(stream, headers);
      return;
    }
    const status = headers[":method"] === "POST" ? 415 : isGrpc ? 405 : 404;
    stream.respond({ ":status": status }, withoutBody);
    stream.close(constants.NGHTTP2_NO_ERROR);
  }
}
