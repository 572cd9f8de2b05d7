// A gRPC server on node:http2. It accepts the sockets itself, so that HTTP/1.1 on the same port (health pages,
// WebSocket) can be handed to somebody else, and so that a bound on connections holds before TLS costs anything.

import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import { type Clock, Failure, systemClock } from "@cmdop/base";
import { Flusher } from "./outbound.ts";
import { ServerConnection } from "./server-connection.ts";
import type { GrpcServerOptions } from "./server-options.ts";
import { type Transport, toTransport } from "./transport.ts";
import { UnauthenticatedPeers } from "./unauthenticated-peers.ts";

export interface ServerTls {
  readonly key: string;
  /** Leaf first, then the CA: clients that pin the CA need it in the chain. */
  readonly cert: string;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Unset: HTTP/2 in the clear (and HTTP/1.1 where `http1` is set). */
  readonly tls?: ServerTls;
}

export interface GrpcListener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; connections live on. */
  close(): void;
}

export interface GrpcServer {
  /** Throws `port_in_use`, or `not_configured` for an address or certificate that cannot be used. */
  listen(options: ListenOptions): Promise<GrpcListener>;
  /** New certificates for new connections. */
  setTls(tls: ServerTls): void;
  /** For a connection that was given to `http1`: it counts as one that a call authenticated. */
  authenticated(socket: Socket): void;
  readonly connections: number;
  readonly calls: number;
  /** Stops listening, tells every peer (GOAWAY) and refuses new calls; resolves when the last call is over. */
  drain(): Promise<void>;
  /** Ends everything now, with `draining` for the calls that are left. */
  close(): Promise<void>;
}

const connectionsMaxDefault = 20_000;
/** After `close` a peer has this long to take the last status of its calls. */
const closeGraceMs = 1_000;
const http2Preface = "PRI * HTTP/2.0";

class NodeGrpcServer implements GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #flusher = new Flusher();
  readonly #isGuarded: boolean;
  readonly #listeners = new Set<Server>();
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<ServerConnection>();
  readonly #unauthenticated: UnauthenticatedPeers;
  #cancelSweep: (() => void) | undefined;
  #isDraining = false;
  #drained: (() => void)[] = [];

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    this.#transport = toTransport(options);
    this.#clock = options.clock ?? systemClock;
    this.#unauthenticated = new UnauthenticatedPeers(options.unauthenticated);
    this.#isGuarded = [...options.methods.values()].some(
      (each) => each.unauthenticatedBytesMax !== undefined,
    );
  }

  get connections(): number {
    return this.#connections.size;
  }

  get calls(): number {
    let calls = 0;
    for (const connection of this.#connections) calls += connection.calls;
    return calls;
  }

  listen({ host, port, tls }: ListenOptions): Promise<GrpcListener> {
    return new Promise((resolve, reject) => {
      const listener = tls ? this.#createTls(tls) : this.#createPlain();
      listener.maxConnections = this.#options.connectionsMax ?? connectionsMaxDefault;
      listener.once("error", (error: Error & { code?: string }) => reject(toListenFailure(error, port)));
      listener.listen({ host, port }, () => {
        const address = listener.address();
        if (address === null || typeof address === "string") return reject(new Failure("internal"));
        this.#listeners.add(listener);
        this.#sweepLater();
        resolve({
          host: address.address,
          port: address.port,
          close: () => closeListener(listener, this.#listeners),
        });
      });
    });
  }

  setTls(tls: ServerTls): void {
    for (const listener of this.#listeners) {
      if ("setSecureContext" in listener) (listener as TlsServer).setSecureContext(tlsOptions(tls));
    }
  }

  authenticated(socket: Socket): void {
    this.#unauthenticated.authenticated(socket);
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    for (const listener of this.#listeners) closeListener(listener, this.#listeners);
    for (const connection of this.#connections) connection.close("draining");
    if (this.#connections.size > 0) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  async close(): Promise<void> {
    this.#isDraining = true;
    for (const listener of this.#listeners) closeListener(listener, this.#listeners);
    for (const connection of this.#connections) connection.fail(new Failure("draining"));
    if (this.#connections.size > 0) {
      const cancel = this.#clock.after(closeGraceMs, () => {
        for (const connection of this.#connections) connection.destroy("draining");
      });
      await new Promise<void>((resolve) => this.#drained.push(resolve));
      cancel();
    }
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
    for (const socket of this.#sockets) socket.destroy();
  }

  #createTls(tls: ServerTls): Server {
    const listener = createTlsServer({
      ...tlsOptions(tls),
      ALPNProtocols: this.#options.http1 ? ["h2", "http/1.1"] : ["h2"],
      handshakeTimeout: this.#transport.handshakeTimeoutMs,
      noDelay: true,
    });
    listener.on("connection", (socket: Socket) => this.#track(socket));
    listener.on("secureConnection", (socket: TLSSocket) => {
      if (socket.alpnProtocol === "h2") this.#serve(socket, true);
      else this.#serveHttp1(socket);
    });
    // A failed handshake concerns that peer alone; its socket is destroyed by Node.
    listener.on("tlsClientError", (_error, socket) => socket.destroy());
    return listener;
  }

  #createPlain(): Server {
    return createTcpServer({ noDelay: true }, (socket) => {
      if (!this.#track(socket)) return;
      if (!this.#options.http1) {
        this.#serve(socket, false);
        return;
      }
      const cancel = this.#clock.after(this.#transport.handshakeTimeoutMs, () => socket.destroy());
      socket.once("close", cancel);
      socket.once("data", (chunk: Buffer) => {
        cancel();
        socket.pause();
        socket.unshift(chunk);
        const isHttp2 = chunk.toString("latin1", 0, http2Preface.length) === http2Preface;
        if (isHttp2) this.#serve(socket, false);
        else {
          this.#serveHttp1(socket);
          socket.resume();
        }
      });
    });
  }

  /** False: it was refused. */
  #track(socket: Socket): boolean {
    socket.on("error", () => {});
    if (!this.#unauthenticated.admit(socket)) {
      this.#options.events?.connectionRefused?.(peerOf(socket));
      socket.destroy();
      return false;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return true;
  }

  #serveHttp1(socket: Socket): void {
    socket.on("error", () => {});
    if (this.#options.http1 && !this.#isDraining) this.#options.http1(socket);
    else socket.destroy();
  }

  #serve(socket: Socket, isTls: boolean): void {
    socket.on("error", () => {});
    if (this.#isDraining || socket.destroyed) {
      socket.destroy();
      return;
    }
    const peer = peerOf(socket);
    const connection = new ServerConnection(socket, {
      server: this.#options,
      transport: this.#transport,
      clock: this.#clock,
      flusher: this.#flusher,
      peer,
      isTls,
      isGuarded: this.#isGuarded,
      authenticated: () => this.#unauthenticated.authenticated(socket),
      closed: (closed, why) => {
        this.#connections.delete(closed);
        this.#options.events?.connectionClosed?.(peer, why);
        if (this.#connections.size === 0) for (const drained of this.#drained.splice(0)) drained();
      },
    });
    this.#connections.add(connection);
    this.#options.events?.connectionOpened?.(peer);
  }

  #sweepLater(): void {
    this.#cancelSweep?.();
    this.#cancelSweep = this.#clock.after(this.#transport.keepaliveSweepMs, () => {
      const nowMs = this.#clock.nowMs();
      for (const connection of this.#connections) connection.sweep(nowMs);
      this.#sweepLater();
    });
  }
}

const peerOf = (socket: Socket): string => `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`;

const tlsOptions = (tls: ServerTls): { key: string; cert: string; minVersion: "TLSv1.3" } => ({
  key: tls.key,
  cert: tls.cert,
  minVersion: "TLSv1.3",
});

const toListenFailure = (error: Error & { code?: string }, port: number): Failure =>
  error.code === "EADDRINUSE"
    ? new Failure("port_in_use", `Port ${port} is in use.`, { cause: error })
    : new Failure("not_configured", `Listening on port ${port} failed: ${error.code ?? "unknown"}.`, {
        cause: error,
      });

/** Stops accepting at once; what was accepted lives on, so that "close" may come much later. */
const closeListener = (listener: Server, listeners: Set<Server>): void => {
  listeners.delete(listener);
  listener.close();
};

/** Builds without I/O. */
export const createGrpcServer = (options: GrpcServerOptions): GrpcServer => new NodeGrpcServer(options);
