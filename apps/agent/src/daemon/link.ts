import { type Clock, Failure, type Random } from "@cmdop/base";
import type { LinkDown } from "@cmdop/protocol";
import type { ChannelTls, TransportOptions } from "@cmdop/protocol/grpc";
import { parseRelayAddress, type RelayAddress } from "../config.ts";
import { LinkCore, type LinkEffect, type LinkPolicy, type LinkState } from "./link-core.ts";
import { failureFields, type Log } from "./log.ts";
import { type LinkUpBody, RelayConnection } from "./relay-connection.ts";

export type Order = Extract<LinkDown["body"], { case: "open" | "close" | "home" }>;

export interface LinkEvents {
  /** The first message of a link: identity, facts, sessions. */
  register(challenge: { attempt: number; relayId: string; nonce: Uint8Array }): LinkUpBody;
  /** The link carries reports from now on. */
  linked(attempt: number): void;
  order(attempt: number, order: Order): void;
  /** Due now; `answer` sends it. */
  heartbeat(answer: (body: LinkUpBody) => void): void;
  /** A connection is over: nothing of it lives on. */
  ended(attempt: number): void;
  changed(): void;
}

export interface LinkOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly relays: readonly RelayAddress[];
  readonly tls: ChannelTls;
  readToken(): Promise<string>;
  readonly policy?: LinkPolicy;
  readonly transport?: TransportOptions;
  readonly events: LinkEvents;
}

/** What a relay that says nothing but GOAWAY is taken to give. */
const goawayMs = 10_000;
const heartbeatMs = { min: 1_000, max: 300_000 };

interface Entry {
  readonly connection: RelayConnection;
  heartbeatEveryMs: number;
  cancelHeartbeat: () => void;
}

/** Carries out what the link core decides: connections, timers, and one log line a transition. */
export class Link {
  readonly #options: LinkOptions;
  readonly #core: LinkCore;
  readonly #entries = new Map<number, Entry>();
  #machineId: string | undefined;
  #cancelWake: () => void = () => {};
  #lastFailure: Failure | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { relays, random, policy, tls } = options;
    const isPinned = typeof tls === "object" && tls.pinnedCa !== undefined;
    this.#core = new LinkCore({
      relays: relays.map(({ text }) => text),
      random,
      ...(policy ? { policy } : {}),
      // Only a pinned authority makes a relay elsewhere as trusted as one of the list.
      mayMoveTo: (relay) => isPinned && typeof parseRelayAddress(relay) === "object",
    });
  }

  get state(): LinkState {
    return this.#core.state;
  }

  /** Why there is no link, or why the last one ended. */
  get lastFailure(): Failure | undefined {
    return this.#lastFailure;
  }

  get machineId(): string | undefined {
    return this.#machineId;
  }

  connection(attempt: number): RelayConnection | undefined {
    return this.#entries.get(attempt)?.connection;
  }

  dialNow(): void {
    this.#run((nowMs) => this.#core.dialNow(nowMs));
  }

  /** To every relay that this machine is linked to. */
  broadcast(body: LinkUpBody): void {
    for (const attempt of this.#core.liveAttempts) this.connection(attempt)?.send(body);
  }

  /** Says goodbye everywhere; resolves when every connection is closed. */
  async stop(reason: string): Promise<void> {
    this.#cancelWake();
    const from = this.#core.state.kind;
    const effects = this.#core.stop();
    this.#logTransition(from);
    const goodbyes = effects.map((effect) => {
      const connection = this.connection(effect.kind === "dial" ? -1 : effect.attempt);
      if (effect.kind === "goodbye") return connection?.goodbye(reason);
      return connection?.end(new Failure("cancelled"));
    });
    await Promise.all(goodbyes);
    this.#options.events.changed();
  }

  #run(step: (nowMs: number) => readonly LinkEffect[]): void {
    const from = this.#core.state.kind;
    const effects = step(this.#options.clock.nowMs());
    this.#logTransition(from);
    for (const effect of effects) this.#carryOut(effect);
    this.#armWake();
    this.#options.events.changed();
  }

  #carryOut(effect: LinkEffect): void {
    const { events } = this.#options;
    switch (effect.kind) {
      case "dial":
        this.#dial(effect.attempt, effect.relay);
        return;
      case "prove":
        this.connection(effect.attempt)?.send(events.register(effect));
        return;
      case "linked":
        this.#lastFailure = undefined;
        events.linked(effect.attempt);
        return;
      case "close":
        this.connection(effect.attempt)?.end(new Failure("cancelled"));
        return;
      case "goodbye":
        return;
    }
  }

  #dial(attempt: number, relayText: string): void {
    const parsed = parseRelayAddress(relayText);
    if (typeof parsed === "string") throw new Error(parsed);
    const { tls, transport, readToken } = this.#options;
    const connection = new RelayConnection(
      { relay: parsed, tls, readToken, ...(transport ? { transport } : {}) },
      {
        message: (body) => this.#take(attempt, body),
        draining: () => this.#moved(attempt, { relays: [], withinMs: goawayMs }),
        ended: (failure) => this.#ended(attempt, failure),
      },
    );
    this.#entries.set(attempt, { connection, heartbeatEveryMs: 0, cancelHeartbeat: () => {} });
  }

  #take(attempt: number, body: LinkDown["body"]): void {
    switch (body.case) {
      case "challenge": {
        const { relayId, nonce } = body.value;
        this.#run((nowMs) => this.#core.challenged(attempt, { relayId, nonce }, nowMs));
        return;
      }
      case "registered": {
        const { relayId, machineId, heartbeatIntervalMs } = body.value;
        this.#machineId = machineId;
        this.#run((nowMs) => this.#core.registered(attempt, { relayId, machineId }, nowMs));
        const everyMs = heartbeatIntervalMs || 30_000;
        this.#beat(attempt, Math.min(heartbeatMs.max, Math.max(heartbeatMs.min, everyMs)));
        return;
      }
      case "move":
        this.#moved(attempt, body.value);
        return;
      case "open":
      case "close":
      case "home":
        if (!this.#core.liveAttempts.includes(attempt)) {
          this.connection(attempt)?.end(
            new Failure("unexpected_message", "An order came before the registration."),
          );
        } else {
          this.#options.events.order(attempt, body);
        }
        return;
      default:
      // A newer relay may say what this agent does not know yet.
    }
  }

  #moved(attempt: number, { relays, withinMs }: { relays: readonly string[]; withinMs: number }): void {
    this.#options.log.info({ attempt, relays: relays.length, withinMs }, "link.moved");
    this.#run((nowMs) => this.#core.moved(attempt, { relays, withinMs }, nowMs));
  }

  #beat(attempt: number, everyMs: number): void {
    const entry = this.#entries.get(attempt);
    if (!entry) return;
    entry.cancelHeartbeat();
    this.#options.events.heartbeat((body) => entry.connection.send(body));
    entry.cancelHeartbeat = this.#options.clock.after(everyMs, () => this.#beat(attempt, everyMs));
  }

  #ended(attempt: number, failure: Failure): void {
    const entry = this.#entries.get(attempt);
    entry?.cancelHeartbeat();
    this.#entries.delete(attempt);
    this.#options.events.ended(attempt);
    if (failure.code !== "cancelled") this.#lastFailure = failure;
    this.#run((nowMs) => this.#core.ended(attempt, failure, nowMs));
  }

  #armWake(): void {
    this.#cancelWake();
    const { clock } = this.#options;
    const wakeMs = this.#core.nextWakeMs;
    if (!Number.isFinite(wakeMs)) return;
    // Timers take 32 bits; a wait is far below.
    this.#cancelWake = clock.after(Math.max(0, Math.ceil(wakeMs - clock.nowMs())), () => {
      const overdue = this.#core.overdue(clock.nowMs());
      if (overdue !== undefined) this.connection(overdue)?.end(new Failure("timed_out"));
      this.#run((nowMs) => this.#core.tick(nowMs));
    });
  }

  #logTransition(from: LinkState["kind"]): void {
    const state = this.#core.state;
    if (state.kind === from && state.kind !== "waiting") return;
    const { log, clock } = this.#options;
    switch (state.kind) {
      case "waiting": {
        const inMs = Math.round(state.retryAtMs - clock.nowMs());
        const fields = {
          from,
          relay: state.relay,
          inMs,
          ...(state.failure ? failureFields(state.failure) : {}),
        };
        if (state.failure?.code === "superseded") log.error(fields, "link.superseded");
        else log.warn(fields, "link.waiting");
        return;
      }
      case "linked":
        log.info({ from, relay: state.link.relay, relayId: state.link.relayId }, "link.linked");
        return;
      case "draining":
        log.info({ from, relay: state.link.relay, next: state.next.relay }, "link.draining");
        return;
      case "stopped":
        log.info({ from }, "link.stopped");
        return;
      default:
        log.info({ from, relay: state.relay }, `link.${state.kind}`);
    }
  }
}
