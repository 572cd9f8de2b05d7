import type { MessageInitShape } from "@bufbuild/protobuf";
import { Failure, isFailureCode, toDisplayText, toFailure } from "@cmdop/base";
import {
  AgentService,
  decodeMessage,
  encodeMessage,
  type LinkDown,
  LinkDownSchema,
  type LinkUp,
  LinkUpSchema,
} from "@cmdop/protocol";
import {
  type Channel,
  type ChannelTls,
  type ClientCall,
  fromCallStatus,
  openChannel,
  pathOf,
  type TransportOptions,
  toMetadata,
} from "@cmdop/protocol/grpc";
import { isLoopback, type RelayAddress } from "../config.ts";

export type LinkUpBody = NonNullable<MessageInitShape<typeof LinkUpSchema>["body"]> & {
  case: LinkUp["body"]["case"];
};

export interface RelayConnectionEvents {
  /** Every message of the relay but Fault, which becomes the reason of the end. */
  message(body: LinkDown["body"]): void;
  /** The relay takes no new streams on this connection (GOAWAY). */
  draining(): void;
  /** Once, and last. */
  ended(failure: Failure): void;
}

export interface RelayConnectionOptions {
  readonly relay: RelayAddress;
  readonly tls: ChannelTls;
  /** Read at each dial, so that a new token counts without a restart. */
  readToken(): Promise<string>;
  readonly transport?: TransportOptions;
}

/** For the goodbye to leave; a connection that is dead is destroyed 2 s after that. */
const goodbyeMs = 500;

/** One connection to one relay: the Link call, and the Home calls that the relay orders. */
export class RelayConnection {
  readonly #options: RelayConnectionOptions;
  readonly #events: RelayConnectionEvents;
  readonly #abort = new AbortController();
  #channel: Channel | undefined;
  #link: ClientCall | undefined;
  #fault: Failure | undefined;
  #isOver = false;

  /** Dials at once; failures come as `ended`. */
  constructor(options: RelayConnectionOptions, events: RelayConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#dial().catch((cause: unknown) => this.end(toFailure(cause)));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  async #dial(): Promise<void> {
    const { relay, tls } = this.#options;
    // The configuration refuses this already; nothing may go in the clear because of a mistake there.
    if (tls === "plaintext" && !isLoopback(relay.host)) throw new Failure("plaintext_refused");
    const token = await this.#options.readToken();
    const channel = await openChannel({
      ...this.#options.transport,
      address: { host: relay.host, port: relay.port },
      tls,
      signal: this.#abort.signal,
    });
    if (this.#isOver) {
      await channel.close();
      return;
    }
    this.#channel = channel;
    void channel.closed.then((failure) => this.end(failure ?? new Failure("connection_lost")));
    void channel.draining.then(() => {
      // It resolves at the end of the connection too.
      if (!this.#isOver && channel.isDraining) this.#events.draining();
    });
    const link = channel.open(pathOf(AgentService.method.link), {
      metadata: toMetadata({ authorization: `Bearer ${token}` }),
    });
    this.#link = link;
    link.handle({
      message: (message) => this.#take(message),
      // The relay's half-close alone is no reason; the status follows.
      close: (status) => {
        this.end(
          this.#fault ?? (status.code === "OK" ? new Failure("connection_lost") : fromCallStatus(status)),
        );
      },
    });
  }

  #take(message: Buffer): void {
    if (this.#isOver) return;
    try {
      const { body } = decodeMessage(LinkDownSchema, message);
      if (body.case === "fault") this.#fault = toPeerFailure(body.value);
      else this.#events.message(body);
    } catch (cause) {
      this.end(toFailure(cause));
    }
  }

  send(body: LinkUpBody): void {
    if (this.#isOver || !this.#link) return;
    this.#link.send(encodeMessage(LinkUpSchema, { body }));
  }

  /** Opens the Home stream of a session. */
  openHome(sessionId: string, token: string): ClientCall {
    if (this.#isOver || !this.#channel) throw new Failure("connection_lost");
    return this.#channel.open(pathOf(AgentService.method.home), {
      metadata: toMetadata({ authorization: `Bearer ${token}`, "cmdop-session": sessionId }),
    });
  }

  /** Tells the relay that this machine goes offline now, then closes. Bounded. */
  async goodbye(reason: string): Promise<void> {
    if (this.#isOver || !this.#link) {
      this.end(new Failure("cancelled"));
      return;
    }
    this.send({ case: "goodbye", value: { reason } });
    this.#link.end();
    await this.#channel?.close(goodbyeMs);
    this.end(new Failure("cancelled"));
  }

  /** Ends everything on this connection, for the given reason. Twice does nothing. */
  end(failure: Failure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#abort.abort();
    // Rejections of a connection that is given up say nothing new.
    void this.#channel?.close().catch(() => undefined);
    this.#events.ended(failure);
  }
}

const retryAfterMsMax = 600_000;

/** A peer's fault as a failure of ours: its text made safe to print, an unknown code made `internal`. */
export const toPeerFailure = (fault: { code: string; text: string; retryAfterMs: number }): Failure => {
  const text = toDisplayText(fault.text) || undefined;
  const code = isFailureCode(fault.code) ? fault.code : "internal";
  const retryAfterMs = Math.min(fault.retryAfterMs, retryAfterMsMax);
  return new Failure(code, text, retryAfterMs > 0 ? { retryAfterMs } : {});
};
