import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Failure, failureTable, toFailure } from "@cmdop/base";
import { encodeFrame, fromFramed, limits, toFramed } from "@cmdop/protocol";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { AttachStream } from "../../attach-stream.ts";
import type { AttachmentSink } from "../../ports.ts";
import type { RelayContext } from "../../relay-context.ts";
import { parseAttach } from "../../wire/attachment-frames.ts";

// Attachments of browsers: GET /v1/attach, upgraded. One binary message is one Frame (without the prefix that gRPC
// puts before it); the first is attach with the token inside, since a browser sets no headers, and a URL is no place
// for a secret.
//
// Origins: a browser always says where its page came from, and that page must be on the list. What sends no Origin is
// no browser (or a page of none), and is judged by its token alone.

export interface AttachSocketsOptions {
  readonly context: RelayContext;
  /** In the form of URL.origin. Empty: no page may attach. */
  readonly origins: readonly string[];
  readonly isReady: () => boolean;
  /** Its ticket was good. */
  admitted(socket: Socket): void;
}

export interface AttachSockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly size: number;
  close(): void;
}

/** From the upgrade to a good token. */
const authenticateMs = 5000;
const unauthenticatedMax = 1000;
const pingEveryMs = limits.keepaliveIntervalMs;
const closeMs = 5000;

export const attachPath = "/v1/attach";

/** The close code of a failure: 4000 and its HTTP status, such as 4401. The reason is the failure's code. */
export const closeCode = (failure: Failure): number => 4000 + failureTable[failure.code].http;

const refuse = (socket: Duplex, status: string, text: string): void => {
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
};

export const createAttachSockets = ({
  context,
  origins,
  isReady,
  admitted,
}: AttachSocketsOptions): AttachSockets => {
  const allowed = new Set(origins);
  const sockets = new Set<AttachSocket>();
  let unauthenticated = 0;
  // A value of its own, since the types of ws do not know closeTimeout yet.
  const serverOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.messageBytesMax,
    closeTimeout: closeMs,
    allowSynchronousEvents: true,
  };
  const server = new WebSocketServer(serverOptions);

  const pingAll = (): void => {
    for (const socket of [...sockets]) socket.ping();
    cancelPing = context.clock.after(pingEveryMs, pingAll);
  };
  let cancelPing = context.clock.after(pingEveryMs, pingAll);

  const refused = (request: IncomingMessage, socket: Duplex, status: string, failure: Failure): void => {
    context.log.refused("websocket", peerOf(request), failure);
    context.counters.fault(failure.code);
    refuse(socket, status, `${failure.code}: ${failure.message}\n`);
  };

  return {
    get size() {
      return sockets.size;
    },
    upgrade: (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      if (request.url !== attachPath) {
        // Also refuses a query: nothing that belongs to a secret may come that way.
        refused(request, socket, "404 Not Found", new Failure("unimplemented"));
        return;
      }
      const { origin } = request.headers;
      if (origin !== undefined && !allowed.has(origin)) {
        refused(request, socket, "403 Forbidden", new Failure("origin_not_allowed"));
        return;
      }
      if (!isReady()) {
        refused(request, socket, "503 Service Unavailable", new Failure("draining"));
        return;
      }
      if (unauthenticated >= unauthenticatedMax) {
        refused(request, socket, "503 Service Unavailable", new Failure("too_many_connections"));
        return;
      }
      server.handleUpgrade(request, socket, head, (webSocket) => {
        unauthenticated += 1;
        const attached = new AttachSocket(context, webSocket, socket, peerOf(request), {
          admitted: () => admitted(request.socket),
          authenticated: () => {
            unauthenticated -= 1;
          },
          closed: () => sockets.delete(attached),
        });
        sockets.add(attached);
      });
    },
    close: () => {
      cancelPing();
      for (const socket of [...sockets]) socket.terminate();
      server.close();
    },
  };
};

const peerOf = (request: IncomingMessage): string =>
  `${request.socket.remoteAddress ?? "?"}:${request.socket.remotePort ?? 0}`;

interface AttachSocketEvents {
  /** Its ticket was good. */
  admitted(): void;
  /** Exactly once: authenticated, or over before it was. */
  authenticated(): void;
  closed(): void;
}

class AttachSocket {
  readonly #context: RelayContext;
  readonly #webSocket: WebSocket;
  readonly #transport: Duplex;
  readonly #peer: string;
  readonly #events: AttachSocketEvents;
  readonly #sink: AttachmentSink;
  readonly #cancelTimer: () => void;
  /** Messages that came while the token was verified; bounded by the bytes before authentication. */
  #early: Buffer[] | undefined;
  #stream: AttachStream | undefined;
  #isAuthenticated = false;
  #isOver = false;
  #isAlive = true;

  constructor(
    context: RelayContext,
    webSocket: WebSocket,
    transport: Duplex,
    peer: string,
    events: AttachSocketEvents,
  ) {
    this.#context = context;
    this.#webSocket = webSocket;
    this.#transport = transport;
    this.#peer = peer;
    this.#events = events;
    this.#sink = this.#createSink();
    this.#cancelTimer = context.clock.after(authenticateMs, () => {
      this.#fail(new Failure("timed_out", "The attach frame did not come in time."));
    });
    this.#boundBytes();
    webSocket.on("message", (data: RawData, isBinary: boolean) => this.#message(data as Buffer, isBinary));
    webSocket.on("pong", () => {
      this.#isAlive = true;
    });
    webSocket.on("error", () => webSocket.terminate());
    webSocket.on("close", () => this.#closed());
  }

  /** Called every interval: who said nothing since the ping before is gone. */
  ping(): void {
    if (!this.#isAlive) {
      this.#webSocket.terminate();
      return;
    }
    this.#isAlive = false;
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.ping();
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Counts on the transport, since the WebSocket layer gathers a whole message before it tells of it. */
  #boundBytes(): void {
    let bytes = 0;
    const count = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (this.#isAuthenticated) this.#transport.off("data", count);
      else if (bytes > limits.unauthenticatedBytesMax) {
        this.#transport.off("data", count);
        this.#fail(new Failure("unauthenticated_budget"));
        this.#webSocket.terminate();
      }
    };
    this.#transport.prependListener("data", count);
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (this.#isOver) return;
    // On a slow connection the ping waits behind output, and the acknowledgements of that come long before the pong.
    this.#isAlive = true;
    if (!isBinary) {
      this.#fail(new Failure("malformed_message", "Frames are binary messages."));
      return;
    }
    if (this.#stream) this.#stream.message(data, () => toFramed(data));
    else if (this.#early) this.#early.push(data);
    else void this.#authenticate(data);
  }

  async #authenticate(first: Buffer): Promise<void> {
    this.#early = [first];
    try {
      const { token } = parseAttach(first);
      const grant = await this.#context.authority.verify("session", token);
      if (this.#isOver) return;
      this.#events.admitted();
      this.#setAuthenticated();
      const stream = new AttachStream(this.#context, grant, this.#sink, this.#peer);
      this.#stream = stream;
      for (const data of this.#early) stream.message(data, () => toFramed(data));
      this.#early = undefined;
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #setAuthenticated(): void {
    if (this.#isAuthenticated) return;
    this.#isAuthenticated = true;
    this.#cancelTimer();
    this.#events.authenticated();
  }

  #createSink(): AttachmentSink {
    const webSocket = this.#webSocket;
    return {
      get bufferedBytes() {
        return webSocket.bufferedAmount;
      },
      send: (framed) => {
        if (webSocket.readyState !== webSocket.OPEN) return;
        this.#context.counters.bytesOut += framed.length;
        webSocket.send(fromFramed(framed), { binary: true });
      },
      end: (failure) => this.#end(failure),
    };
  }

  #fail(cause: unknown): void {
    if (this.#isOver) return;
    if (this.#stream) {
      this.#stream.fail(cause);
      return;
    }
    const failure = toFailure(cause);
    this.#context.log.refused("websocket", this.#peer, failure);
    this.#end(failure);
    this.#closed();
  }

  #end(failure: Failure | undefined): void {
    const webSocket = this.#webSocket;
    if (webSocket.readyState !== webSocket.OPEN) return;
    if (failure === undefined) {
      webSocket.close(1000);
      return;
    }
    this.#context.counters.fault(failure.code);
    const { code, message: text, retryAfterMs = 0 } = failure;
    webSocket.send(fromFramed(encodeFrame({ case: "fault", value: { code, text, retryAfterMs } })));
    webSocket.close(closeCode(failure), code);
  }

  #closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#setAuthenticated();
    this.#stream?.closed();
    this.#events.closed();
  }
}
