import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import type { Clock } from "@cmdop/base";
import type { ServerCall } from "./call.ts";

export interface MethodOptions {
  /** Of one inbound message; default `limits.messageBytesMax`. */
  readonly messageBytesMax?: number;
  /**
   * A caller may send at most this before `call.authenticated()`; then the call fails with
   * `unauthenticated_budget`. Unset: the method needs no authentication, or does it from metadata alone.
   */
  readonly unauthenticatedBytesMax?: number;
}

export interface Method extends MethodOptions {
  /** Called when the headers came. It may be asynchronous: a rejection fails the call. */
  handler(call: ServerCall): void | Promise<void>;
}

/** By full path: "/cmdop.live.v1.AgentService/Link". */
export type Methods = ReadonlyMap<string, Method>;

export interface ServerTls {
  readonly key: string;
  /** Leaf first, then the CA: clients that pin the CA need it in the chain. */
  readonly cert: string;
}

/** Settings of one side of a connection; each has its default in `limits`. */
export interface TransportOptions {
  readonly streamWindowBytes?: number;
  readonly connectionWindowBytes?: number;
  readonly metadataBytesMax?: number;
  readonly callsPerConnectionMax?: number;
  readonly sendBufferBytes?: number;
  readonly keepaliveIntervalMs?: number;
  readonly keepaliveTimeoutMs?: number;
  readonly keepaliveSweepMs?: number;
  readonly handshakeTimeoutMs?: number;
  readonly idleConnectionMs?: number;
}

/** For metrics and logs: no peer-chosen text but addresses and paths of known methods. */
export interface ServerEvents {
  connectionOpened?(peer: string): void;
  connectionClosed?(peer: string, why: string): void;
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
  /** A connection that speaks HTTP/1.1, TLS done: `httpServer.emit("connection", socket)`. Unset: closed. */
  http1?(socket: Duplex): void;
  /** An HTTP/2 request that is not gRPC, such as GET /healthz by curl. Unset: answered with 415 or 404. */
  http2?(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
}

export interface GrpcListener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface GrpcServer {
  /** Throws `port_in_use`. Without `tls` it speaks HTTP/2 in the clear (and HTTP/1.1 where `http1` is set). */
  listen(options: { host: string; port: number; tls?: ServerTls }): Promise<GrpcListener>;
  /** New certificates for new connections. */
  setTls(tls: ServerTls): void;
  readonly connections: number;
  readonly calls: number;
  /** Stops listening, tells every peer (GOAWAY) and refuses new calls; resolves when the last call is over. */
  drain(): Promise<void>;
  /** Ends everything now, with `draining` for the calls that are left. */
  close(): Promise<void>;
}

/** Builds without I/O. */
export const createGrpcServer = (_options: GrpcServerOptions): GrpcServer => {
  throw new Error("not written yet");
};
