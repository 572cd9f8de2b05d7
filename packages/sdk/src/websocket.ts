import { Failure, isFailureCode, toFailure } from "@cmdop/base";
import type { ClientFrame } from "./stream-frames.ts";
import type { Dial, DialRequest, Stream, StreamEvents } from "./stream-transport.ts";
import { decodeServerFrame, encodeClientMessage } from "./wire.ts";

// Attach over a WebSocket, for pages: the same frames, one to a binary message, the ticket inside the first. A page
// cannot ping and cannot hold the other side back; the relay pings, and the credit bounds what is on the way.

/** What is used of the standard WebSocket (https://websockets.spec.whatwg.org/). */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

export interface WebSocketDialOptions {
  /** The ticket to present at a relay. Asked before each connection. */
  readonly token: (relay: string, isExpired: boolean) => Promise<string>;
  readonly open: (url: string) => WebSocketLike;
  /** Without TLS: for a relay on loopback in tests. */
  readonly isPlaintext: boolean;
}

const attachPath = "/v1/attach";
const isOpen = 1;
/** `send` answers false above this; what drains it is looked at every so often, since nothing tells. */
const bufferedBytesMax = 256 * 1024;
const drainEveryMs = 20;

interface MessageEventLike {
  readonly data: unknown;
}

interface CloseEventLike {
  readonly code: number;
  readonly reason: string;
}

class WebSocketStream implements Stream {
  readonly #events: StreamEvents;
  readonly #session: string;
  #socket: WebSocketLike | undefined;
  #isOver = false;
  #isPaused = false;
  #held: Uint8Array[] = [];
  #drainTimer: ReturnType<typeof setTimeout> | undefined;
  /** The relay's last word before it closed. */
  #fault: Failure | undefined;

  constructor(session: string, events: StreamEvents) {
    this.#session = session;
    this.#events = events;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  run(socket: WebSocketLike, attach: ClientFrame, token: string): void {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      if (!this.#isOver) socket.send(encodeMessage(attach, token));
    };
    socket.onmessage = (event: MessageEventLike) => this.#message(event.data);
    // An error says nothing; the close that follows does.
    socket.onerror = () => {};
    socket.onclose = (event: CloseEventLike) => this.#closed(event);
  }

  send(frame: ClientFrame): boolean {
    const socket = this.#socket;
    if (this.#isOver || socket?.readyState !== isOpen) return true;
    socket.send(encodeMessage(frame));
    if (socket.bufferedAmount <= bufferedBytesMax) return true;
    this.#watchDrain(socket);
    return false;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused && !this.#isOver) {
      const message = this.#held.shift();
      if (!message) break;
      this.#frame(message);
    }
  }

  close(): void {
    if (this.#isOver) return;
    this.#end();
    this.#socket?.close(1000);
  }

  fail(cause: unknown): void {
    if (this.#isOver) return;
    this.close();
    this.#events.close(toFailure(cause));
  }

  #end(): void {
    this.#isOver = true;
    this.#held = [];
    clearTimeout(this.#drainTimer);
  }

  #message(data: unknown): void {
    if (this.#isOver) return;
    if (!(data instanceof ArrayBuffer)) {
      this.fail(new Failure("malformed_message", "Frames are binary messages."));
      return;
    }
    const message = new Uint8Array(data);
    if (this.#isPaused || this.#held.length > 0) this.#held.push(message);
    else this.#frame(message);
  }

  #frame(message: Uint8Array): void {
    try {
      const frame = decodeServerFrame(message, this.#session);
      if (frame.kind === "fault") this.#fault = frame.failure;
      this.#events.frame(frame);
    } catch (cause) {
      this.fail(cause);
    }
  }

  #closed({ code, reason }: CloseEventLike): void {
    if (this.#isOver) return;
    this.#end();
    // 4000 and an HTTP status: refused for a reason; the fault before it has the words.
    const isRefused = code >= 4_000 && isFailureCode(reason);
    const failure = isRefused
      ? this.#fault?.code === reason
        ? this.#fault
        : new Failure(reason)
      : new Failure("connection_lost");
    this.#events.close(code === 1000 ? undefined : failure);
  }

  #watchDrain(socket: WebSocketLike): void {
    clearTimeout(this.#drainTimer);
    this.#drainTimer = setTimeout(() => {
      if (this.#isOver) return;
      if (socket.bufferedAmount > bufferedBytesMax / 4) this.#watchDrain(socket);
      else this.#events.drain();
    }, drainEveryMs);
  }
}

/** A copy of its own: a page's WebSocket takes no views of shared blocks. */
const encodeMessage = (frame: ClientFrame, token?: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(encodeClientMessage(frame, token));

/** Dials wss://RELAY/v1/attach. Everything that goes wrong comes as `close`. */
export const createWebSocketDial =
  (options: WebSocketDialOptions): Dial =>
  (request: DialRequest, events: StreamEvents): Stream => {
    const stream = new WebSocketStream(request.attach.sessionId, events);
    const run = async (): Promise<void> => {
      try {
        const token = await options.token(request.relay, request.isTicketExpired);
        if (stream.isOver) return;
        const scheme = options.isPlaintext ? "ws" : "wss";
        stream.run(options.open(`${scheme}://${request.relay}${attachPath}`), request.attach, token);
      } catch (cause) {
        stream.fail(cause);
      }
    };
    void run();
    return stream;
  };
