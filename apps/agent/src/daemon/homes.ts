import type { Socket } from "node:net";
import { Backoff, type Clock, Failure, type Random, toFailure } from "@cmdop/base";
import type { ClientCall } from "@cmdop/protocol/grpc";
import { pumpHome } from "./home-pump.ts";
import { failureFields, type Log } from "./log.ts";

export interface HomesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A home connection of the session host. */
  openAtHost(sessionId: string): Promise<Socket>;
  /** A Home stream on the relay connection that these homes belong to. */
  openAtRelay(sessionId: string, token: string): ClientCall;
  changed(): void;
}

interface Home {
  readonly sessionId: string;
  readonly token: string;
  readonly backoff: Backoff;
  cut: () => void;
  isOver: boolean;
}

/**
 * The homes that one relay ordered over one connection: at most one a session. A stream that breaks while the
 * connection lives is opened again with the same token, from the start: the host's Hello says where it stands.
 */
export class Homes {
  readonly #options: HomesOptions;
  readonly #homes = new Map<string, Home>();
  #isClosed = false;

  constructor(options: HomesOptions) {
    this.#options = options;
  }

  has(sessionId: string): boolean {
    return this.#homes.has(sessionId);
  }

  get size(): number {
    return this.#homes.size;
  }

  /** Resolves when the stream runs; a home of the session that is there already is replaced. */
  async open(sessionId: string, token: string): Promise<void> {
    if (this.#isClosed) throw new Failure("connection_lost");
    this.#end(this.#homes.get(sessionId));
    const { random, changed } = this.#options;
    const home: Home = {
      sessionId,
      token,
      backoff: new Backoff(undefined, random),
      cut: () => {},
      isOver: false,
    };
    this.#homes.set(sessionId, home);
    try {
      await this.#run(home);
    } catch (cause) {
      this.#end(home);
      throw cause;
    }
    changed();
  }

  close(): void {
    this.#isClosed = true;
    for (const home of this.#homes.values()) this.#end(home);
  }

  #end(home: Home | undefined): void {
    if (!home || home.isOver) return;
    home.isOver = true;
    if (this.#homes.get(home.sessionId) === home) this.#homes.delete(home.sessionId);
    home.cut();
    this.#options.changed();
  }

  async #run(home: Home): Promise<void> {
    const { clock, log } = this.#options;
    const { sessionId } = home;
    const socket = await this.#options.openAtHost(sessionId);
    if (home.isOver) {
      socket.destroy();
      throw new Failure("cancelled");
    }
    let call: ClientCall;
    try {
      call = this.#options.openAtRelay(sessionId, home.token);
    } catch (cause) {
      socket.destroy();
      throw cause;
    }
    home.cut = () => {
      call.cancel();
      socket.destroy();
    };
    const sinceMs = clock.nowMs();
    void pumpHome(socket, call).then((end) => {
      if (home.isOver) return;
      const failure = end.by === "relay" ? end.failure : new Failure("host_unavailable");
      if (!failure || (end.by === "relay" && !failure.row.retryable)) {
        log.info({ sessionId, ...(failure ? failureFields(failure) : {}) }, "home.ended");
        this.#end(home);
        return;
      }
      if (clock.nowMs() - sinceMs > 5_000) home.backoff.reset();
      this.#retry(home, failure);
    });
  }

  #retry(home: Home, failure: Failure): void {
    const { clock, log, changed } = this.#options;
    const delayMs = home.backoff.nextMs();
    log.warn(
      { sessionId: home.sessionId, delayMs: Math.round(delayMs), ...failureFields(failure) },
      "home.lost",
    );
    home.cut = clock.after(delayMs, () => {
      home.cut = () => {};
      this.#run(home).then(changed, (cause: unknown) => {
        if (home.isOver) return;
        const again = toFailure(cause);
        // The host does not know the session any more, or the connection is over.
        if (again.row.retryable && again.code !== "connection_lost") this.#retry(home, again);
        else this.#end(home);
      });
    });
    changed();
  }
}
