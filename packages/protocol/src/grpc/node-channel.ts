// The client's end of one HTTP/2 connection.

import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import type { Socket } from "node:net";
import { type Clock, Failure, systemClock } from "@cmdop/base";
import { limits } from "../limits.ts";
import type { CallStatus, ClientCall } from "./call.ts";
import type { CallOptions, Channel, ChannelOptions, UnaryResponse } from "./channel.ts";
import { ClientCallStream, requestOptions } from "./client-call.ts";
import { endedCall } from "./ended-call.ts";
import { Keepalive } from "./keepalive.ts";
import { addToHeaders, emptyMetadata } from "./metadata.ts";
import { Flusher } from "./outbound.ts";
import { fromCallStatus } from "./status.ts";
import { formatTimeout } from "./timeout.ts";
import { keepaliveOf, openSettings, sessionMemoryMiB, type Transport, toTransport } from "./transport.ts";

const closeTimeoutMs = 2_000;

const authorityOf = ({ address, tls }: ChannelOptions): string => {
  const name = (tls === "plaintext" ? undefined : tls.servername) ?? address.host;
  return `${name.includes(":") ? `[${name}]` : name}:${address.port}`;
};

export class NodeChannel implements Channel {
  readonly peer: string;
  readonly closed: Promise<Failure | undefined>;
  readonly draining: Promise<void>;
  readonly #options: ChannelOptions;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #session: ClientHttp2Session;
  readonly #keepalive: Keepalive;
  readonly #flusher = new Flusher();
  readonly #calls = new Set<ClientCallStream>();
  #resolveDraining: () => void = () => {};
  #whenEmpty: (() => void) | undefined;
  #cancelSweep: (() => void) | undefined;
  #failure: Failure | undefined;
  #isClosing = false;
  #isDraining = false;

  constructor(socket: Socket, options: ChannelOptions) {
    this.#options = options;
    this.#transport = toTransport(options);
    this.#clock = options.clock ?? systemClock;
    this.#socket = socket;
    this.peer = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    const scheme = options.tls === "plaintext" ? "http" : "https";
    this.#session = connectHttp2(`${scheme}://${authorityOf(options)}`, {
      createConnection: () => socket,
      settings: openSettings(this.#transport),
      maxHeaderListPairs: limits.metadataPairsMax,
      maxSessionMemory: sessionMemoryMiB,
    });
    this.#keepalive = new Keepalive(
      this.#session,
      () => socket.bytesRead,
      keepaliveOf(this.#transport),
      this.#clock.nowMs(),
    );
    this.draining = new Promise((resolve) => {
      this.#resolveDraining = resolve;
    });
    this.#session.on("error", (cause: unknown) => {
      this.#failure ??= new Failure("connection_lost", undefined, { cause });
    });
    this.#session.on("goaway", () => {
      this.#isDraining = true;
      this.#resolveDraining();
    });
    this.closed = new Promise((resolve) => {
      this.#session.on("close", () => {
        this.#cancelSweep?.();
        socket.destroy();
        this.#resolveDraining();
        resolve(this.#isClosing ? undefined : this.#lost());
      });
    });
    this.#sweepLater();
  }

  /** Resolves when it is known that the server speaks HTTP/2: TLS has said so, else its SETTINGS do. */
  async ready(): Promise<void> {
    this.#session.setLocalWindowSize(this.#transport.connectionWindowBytes);
    // The first call then goes with the connection's first bytes, a round trip earlier.
    if (this.#options.tls !== "plaintext") return;
    await new Promise<void>((resolve, reject) => {
      this.#session.once("remoteSettings", () => resolve());
      void this.closed.then((failure) =>
        reject(new Failure("unavailable", "What answers there does not speak HTTP/2.", { cause: failure })),
      );
    });
  }

  get isOpen(): boolean {
    return !this.#session.destroyed && !this.#session.closed && !this.#isClosing;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  get calls(): number {
    return this.#calls.size;
  }

  open(path: string, options: CallOptions = {}): ClientCall {
    if (options.signal?.aborted) return endedCall(path, new Failure("cancelled"));
    const isOver = this.#session.destroyed || this.#isClosing;
    if (this.#isDraining && !isOver) return endedCall(path, new Failure("draining"));
    if (!this.isOpen) return endedCall(path, this.#lost());
    try {
      return this.#open(path, options);
    } catch (cause) {
      return endedCall(path, cause);
    }
  }

  async unary(path: string, request: Uint8Array, options?: CallOptions): Promise<UnaryResponse> {
    const call = this.open(path, options);
    const responses: Buffer[] = [];
    const status = new Promise<CallStatus>((resolve) => {
      call.handle({
        message: (message) => {
          if (responses.push(message) > 1)
            throw new Failure("unexpected_message", "A unary call has one answer.");
        },
        close: resolve,
      });
    });
    call.send(request);
    call.end();
    const ended = await status;
    if (ended.code !== "OK") throw fromCallStatus(ended);
    const [message] = responses;
    if (!message) throw new Failure("truncated_message", "The call ended without an answer.");
    return { message, headers: await call.headers, trailers: ended.metadata };
  }

  async close(graceMs = 0): Promise<void> {
    this.#isClosing = true;
    if (graceMs > 0 && this.#calls.size > 0) await this.#callsEnded(graceMs);
    for (const call of [...this.#calls]) call.cancel();
    // Not before: a server refuses the calls that are still on their way when it has read our GOAWAY.
    if (!this.#session.closed) this.#session.close();
    const cancel = this.#clock.after(closeTimeoutMs, () => this.#destroy());
    await this.closed;
    cancel();
  }

  #callsEnded(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(graceMs, resolve);
      this.#whenEmpty = () => {
        cancel();
        resolve();
      };
      void this.closed.then(this.#whenEmpty);
    });
  }

  #open(path: string, options: CallOptions): ClientCall {
    const headers: Record<string, string | string[]> = {
      ":method": "POST",
      ":path": path,
      te: "trailers",
      "content-type": "application/grpc+proto",
      "user-agent": "cmdop",
    };
    if (options.timeoutMs !== undefined) headers["grpc-timeout"] = formatTimeout(options.timeoutMs);
    addToHeaders(headers, options.metadata ?? emptyMetadata);
    let cancelDeadline = (): void => {};
    const { signal } = options;
    const aborted = (): void => call.cancel();
    const call = new ClientCallStream(this.#session.request(headers, requestOptions), {
      path,
      messageBytesMax: this.#options.messageBytesMax ?? limits.messageBytesMax,
      sendBufferBytes: this.#transport.sendBufferBytes,
      flusher: this.#flusher,
      connectionFailure: () => (this.#session.destroyed ? this.#lost() : undefined),
      closed: (ended) => {
        this.#calls.delete(ended);
        if (this.#calls.size === 0) this.#whenEmpty?.();
        cancelDeadline();
        signal?.removeEventListener("abort", aborted);
      },
    });
    this.#calls.add(call);
    signal?.addEventListener("abort", aborted, { once: true });
    if (options.timeoutMs !== undefined) {
      cancelDeadline = this.#clock.after(options.timeoutMs, () => call.abandon(new Failure("timed_out")));
    }
    return call;
  }

  #lost(): Failure {
    return this.#isClosing ? new Failure("cancelled") : (this.#failure ?? new Failure("connection_lost"));
  }

  #destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#clock.after(this.#transport.keepaliveSweepMs, () => {
      if (this.#session.destroyed) return;
      if (this.#keepalive.isAlive(this.#clock.nowMs())) {
        this.#sweepLater();
        return;
      }
      this.#failure = new Failure("connection_lost", "The relay does not answer any more.");
      this.#destroy();
    });
  }
}
