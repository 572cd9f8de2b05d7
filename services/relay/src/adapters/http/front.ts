import { createServer, type IncomingMessage } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import type { Clock } from "@cmdop/base";

// What is not gRPC on the relay's port: GET /healthz and /readyz over HTTP/1.1 and HTTP/2, and the upgrade of
// /v1/attach to a WebSocket.

/** A connection has this long for its request; who upgraded has left by then. */
const requestMs = 10_000;
/** HTTP/1.1 connections that have not upgraded. Health checks need few. */
const plainConnectionsMax = 1000;

export interface HttpFrontOptions {
  readonly clock: Clock;
  readonly isReady: () => boolean;
  /** Takes the socket over. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface HttpFront {
  http1(socket: Duplex): void;
  http2(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

export const createHttpFront = ({ clock, isReady, upgrade }: HttpFrontOptions): HttpFront => {
  const plain = new Map<Duplex, () => void>();

  const answer = (method: string | undefined, path: string | undefined): Answer => {
    if (method !== "GET" && method !== "HEAD") return { status: 405, text: "method not allowed\n" };
    if (path === "/healthz") return { status: 200, text: "ok\n" };
    if (path === "/readyz")
      return isReady() ? { status: 200, text: "ready\n" } : { status: 503, text: "draining\n" };
    if (path === "/v1/attach") return { status: 426, text: "a WebSocket is expected here\n" };
    return { status: 404, text: "not found\n" };
  };
  const headersOf = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" } as const;

  const release = (socket: Duplex): void => {
    plain.get(socket)?.();
    plain.delete(socket);
  };

  const server = createServer({ maxHeaderSize: 16_384, noDelay: true }, (request, response) => {
    const { status, text } = answer(request.method, request.url);
    response.writeHead(status, {
      ...headersOf,
      ...(status === 426 ? { upgrade: "websocket" } : {}),
      connection: "close",
    });
    response.end(request.method === "HEAD" ? undefined : text);
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("upgrade", (request, socket, head) => {
    release(socket);
    upgrade(request, socket, head);
  });

  return {
    http1: (socket) => {
      if (plain.size >= plainConnectionsMax) {
        socket.destroy();
        return;
      }
      // node:http checks its timeouts only for servers that listen themselves.
      plain.set(
        socket,
        clock.after(requestMs, () => socket.destroy()),
      );
      socket.once("close", () => release(socket));
      socket.on("error", () => socket.destroy());
      server.emit("connection", socket);
    },
    http2: (stream, headers) => {
      stream.on("error", () => undefined);
      const { status, text } = answer(headers[":method"], headers[":path"]);
      stream.respond({ ":status": status, ...headersOf }, { endStream: headers[":method"] === "HEAD" });
      if (headers[":method"] !== "HEAD") stream.end(text);
    },
    close: () => {
      for (const socket of [...plain.keys()]) socket.destroy();
      server.close();
    },
  };
};
