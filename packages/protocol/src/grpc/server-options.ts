import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import type { Clock } from "@cmdop/base";
import type { ServerCall } from "./call.ts";
import type { TransportOptions } from "./transport.ts";
import type { UnauthenticatedBound } from "./unauthenticated-peers.ts";

export interface MethodOptions {
  /** Of one inbound message; default `limits.messageBytesMax`. */
  readonly messageBytesMax?: number;
  /**
   * A caller may send at most this before `call.authenticated()`; then the call fails with
   * `unauthenticated_budget`, and with `unauthenticated` when it takes longer than `handshakeTimeoutMs`. Where a
   * server has such a method, connections begin with small windows. Unset: the method needs no authentication,
   * or does it from metadata alone.
   */
  readonly unauthenticatedBytesMax?: number;
}

export interface Method extends MethodOptions {
  /** Called when the headers came. It may be asynchronous: a rejection fails the call. */
  handler(call: ServerCall): void | Promise<void>;
}

/** By full path: "/cmdop.live.v1.AgentService/Link". */
export type Methods = ReadonlyMap<string, Method>;

/** For metrics and logs: no text that a peer chose. */
export interface ServerEvents {
  connectionOpened?(peer: string): void;
  connectionClosed?(peer: string, why: string): void;
  /** Its caller has too many that were not authenticated. */
  connectionRefused?(peer: string): void;
  callEnded?(path: string, code: string, durationMs: number): void;
  /** A cause that the peer was not shown. */
  internalError?(cause: unknown, path: string): void;
}

export interface GrpcServerOptions extends TransportOptions {
  readonly methods: Methods;
  readonly clock?: Clock;
  readonly events?: ServerEvents;
  /** Open connections; more are closed at once. Default 20,000. */
  readonly connectionsMax?: number;
  /** Of one caller, of those that were not authenticated; more are closed at once. Unset: no bound but that above. */
  readonly unauthenticated?: UnauthenticatedBound;
  /** A connection that speaks HTTP/1.1, TLS done: `httpServer.emit("connection", socket)`. Unset: closed. */
  http1?(socket: Duplex): void;
  /** An HTTP/2 request that is not gRPC, such as GET /healthz by curl. Unset: answered with 415 or 404. */
  http2?(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
}
