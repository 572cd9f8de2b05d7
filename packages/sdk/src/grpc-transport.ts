import { type Clock, Failure, toFailure } from "@cmdop/base";
import { OperatorService } from "@cmdop/protocol";
import {
  type CallStatus,
  type Channel,
  type ChannelTls,
  type ClientCall,
  fromCallStatus,
  openChannel,
  pathOf,
  toMetadata,
} from "@cmdop/protocol/grpc";
import type { ClientFrame } from "./stream-frames.ts";
import type { DialRequest, Stream, StreamEvents } from "./stream-transport.ts";
import { decodeServerFrame, encodeClientFrame } from "./wire.ts";

const attachPath = pathOf(OperatorService.method.attach);
/** A draining relay ends what is left after ten seconds. */
const drainGraceMs = 11_000;

interface Pooled {
  readonly relay: string;
  readonly opened: Promise<Channel>;
  channel: Channel | undefined;
}

/** The connections of one client: one per relay, opened when needed, replaced when lost or draining. */
export class ChannelPool {
  readonly #tls: ChannelTls;
  readonly #clock: Clock;
  readonly #byRelay = new Map<string, Pooled>();
  readonly #all = new Set<Pooled>();
  readonly #closing = new AbortController();

  constructor(options: { readonly tls: ChannelTls; readonly clock: Clock }) {
    this.#tls = options.tls;
    this.#clock = options.clock;
  }

  /** Rejects as `openChannel` does. */
  get(relay: string): Promise<Channel> {
    if (this.#closing.signal.aborted)
      return Promise.reject(new Failure("cancelled", "The client is closed."));
    const known = this.#byRelay.get(relay);
    if (known && (!known.channel || (known.channel.isOpen && !known.channel.isDraining))) return known.opened;
    const pooled: Pooled = { relay, opened: this.#open(relay), channel: undefined };
    this.#byRelay.set(relay, pooled);
    this.#all.add(pooled);
    void this.#keep(pooled);
    return pooled.opened;
  }

  /** New calls go to another connection; this one closes when its calls are over. */
  retire(channel: Channel): void {
    for (const pooled of this.#all) {
      if (pooled.channel !== channel) continue;
      if (this.#byRelay.get(pooled.relay) === pooled) this.#byRelay.delete(pooled.relay);
      void channel.close(drainGraceMs);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(
      [...this.#all].map(async (pooled) => {
        await pooled.opened.then(
          (channel) => channel.close(),
          () => {},
        );
      }),
    );
  }

  #open(relay: string): Promise<Channel> {
    try {
      return openChannel({
        address: parseRelay(relay),
        tls: this.#tls,
        clock: this.#clock,
        signal: this.#closing.signal,
      });
    } catch (cause) {
      return Promise.reject(cause);
    }
  }

  async #keep(pooled: Pooled): Promise<void> {
    try {
      const channel = await pooled.opened;
      pooled.channel = channel;
      void channel.draining.then(() => channel.close(drainGraceMs));
      await channel.closed;
    } catch {
      // Whoever asked for the connection is told.
    } finally {
      this.#all.delete(pooled);
      if (this.#byRelay.get(pooled.relay) === pooled) this.#byRelay.delete(pooled.relay);
    }
  }
}

/** "host:port" or "[v6]:port". Throws `invalid_argument`. */
export const parseRelay = (relay: string): { readonly host: string; readonly port: number } => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/.exec(relay);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (!host || !(port > 0 && port < 65_536)) {
    throw new Failure("invalid_argument", 'A relay is named "host:port".');
  }
  return { host, port };
};

/** One Attach call, also while its connection, its token and its headers are on the way. */
class GrpcStream implements Stream {
  readonly #events: StreamEvents;
  readonly #session: string;
  #call: ClientCall | undefined;
  #channel: Channel | undefined;
  #isOver = false;
  #isPaused = false;

  constructor(session: string, events: StreamEvents) {
    this.#session = session;
    this.#events = events;
  }

  get channel(): Channel | undefined {
    return this.#channel;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  run(channel: Channel, token: string, attach: ClientFrame): void {
    if (this.#isOver) return;
    this.#channel = channel;
    const call = channel.open(attachPath, { metadata: toMetadata({ authorization: `Bearer ${token}` }) });
    this.#call = call;
    if (this.#isPaused) call.pause();
    call.handle({
      message: (message) => this.#message(message),
      drain: () => {
        if (!this.#isOver) this.#events.drain();
      },
      close: (status) => this.#closed(status),
    });
    if (!this.#isOver) call.sendFramed(encodeClientFrame(attach));
  }

  send(frame: ClientFrame): boolean {
    if (this.#isOver || !this.#call) return true;
    return this.#call.sendFramed(encodeClientFrame(frame));
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#isOver) this.#call?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isOver) this.#call?.resume();
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#call?.cancel();
  }

  fail(cause: unknown): void {
    if (this.#isOver) return;
    this.close();
    this.#events.close(toFailure(cause));
  }

  #message(message: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#events.frame(decodeServerFrame(message, this.#session));
    } catch (cause) {
      this.fail(cause);
    }
  }

  #closed(status: CallStatus): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.close(status.code === "OK" ? undefined : fromCallStatus(status));
  }
}

/** Dials over the pool. `token` gives the session token for a relay. */
export const createGrpcDial =
  (pool: ChannelPool, token: (relay: string, isExpired: boolean) => Promise<string>) =>
  (request: DialRequest, events: StreamEvents): Stream => {
    const { relay, instead, attach } = request;
    if (instead instanceof GrpcStream && instead.channel) pool.retire(instead.channel);
    const stream = new GrpcStream(attach.sessionId, events);
    const run = async (): Promise<void> => {
      try {
        const bearer = await token(relay, request.isTicketExpired);
        if (stream.isOver) return;
        stream.run(await pool.get(relay), bearer, attach);
      } catch (cause) {
        stream.fail(cause);
      }
    };
    void run();
    return stream;
  };
