import { readFile } from "node:fs/promises";
import {
  createPinnedAsk,
  type MachineIdentity,
  rawPublicKey,
  renewMachineToken,
  signLinkProof,
  watchFile,
} from "@cmdop/authority/machine";
import { type Clock, Failure, type Random, Scope, toFailure } from "@cmdop/base";
import type { HostedSession } from "@cmdop/protocol";
import type { TransportOptions } from "@cmdop/protocol/grpc";
import type { AgentConfig } from "../config.ts";
import { Homes } from "./homes.ts";
import { HostKeeper } from "./host-keeper.ts";
import { Link, type Order } from "./link.ts";
import type { LinkPolicy } from "./link-core.ts";
import { openLocalSocket } from "./local-socket.ts";
import { failureFields, type Log } from "./log.ts";
import { readHeartbeat, readMachineFacts } from "./machine-facts.ts";
import { MissedChanges } from "./missed-changes.ts";
import type { LinkUpBody } from "./relay-connection.ts";
import { toReported } from "./reported-session.ts";
import type { StartedHost } from "./start-host.ts";
import { type AgentStatus, toLinkStatus, toSessionStatus } from "./status.ts";
import { StatusFile } from "./status-file.ts";
import { TokenRenewal } from "./token-renewal.ts";

export interface AgentDaemonOptions {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly identity: MachineIdentity;
  readonly agentVersion: string;
  readonly hostSocket: string;
  readonly agentSocket: string;
  /** Unset: something else starts the session host. */
  readonly startHost: (() => StartedHost) | undefined;
  readonly linkPolicy?: LinkPolicy;
  readonly transport?: TransportOptions;
}

const tokenPollMs = 1_000;

/**
 * The agent daemon: one link to one of its relays, a home stream for each session that a relay orders, and the
 * connection to the session host. It owns no session: it may end at any time, and another takes over.
 */
export class AgentDaemon {
  readonly #options: AgentDaemonOptions;
  readonly #startedAtMs: number;
  readonly #host: HostKeeper;
  readonly #link: Link;
  readonly #status: StatusFile;
  /** By attempt: the homes that each relay connection carries. */
  readonly #homes = new Map<number, Homes>();
  readonly #missed = new MissedChanges();
  /** To be forgotten once they have ended. */
  readonly #toForget = new Set<string>();
  readonly #scope = new Scope();
  #renewal: TokenRenewal | undefined;
  readonly #stopped = Promise.withResolvers<void>();
  #isDialing = false;
  #stopping: Promise<void> | undefined;

  constructor(options: AgentDaemonOptions) {
    this.#options = options;
    const { config, clock, random, log } = options;
    this.#startedAtMs = clock.wallMs();
    this.#status = new StatusFile(config.statusFile, clock, () => this.status());
    const changed = (): void => {
      this.#status.changed();
      const { state, lastFailure: failure } = this.#link;
      this.#renewal?.linkChanged({ isLinked: state.kind === "linked", failure });
    };
    this.#host = new HostKeeper({
      socketPath: options.hostSocket,
      clock,
      random,
      log,
      startHost: options.startHost,
      reported: (sessions, forgotten) => this.#reported(sessions, forgotten),
      changed,
    });
    this.#link = new Link({
      clock,
      random,
      log,
      relays: config.relays,
      tls: config.trust === "plaintext" ? "plaintext" : { pinnedCa: config.trust.caPin },
      readToken: () => this.#readToken(),
      ...(options.linkPolicy ? { policy: options.linkPolicy } : {}),
      ...(options.transport ? { transport: options.transport } : {}),
      events: {
        register: (challenge) => this.#register(challenge),
        linked: (attempt) => this.#linked(attempt),
        order: (attempt, order) => this.#order(attempt, order),
        heartbeat: (answer) => void this.#beat(answer),
        ended: (attempt) => {
          this.#homes.get(attempt)?.close();
          this.#homes.delete(attempt);
          this.#missed.ended(attempt);
        },
        changed,
      },
    });
  }

  /** Fails when the local socket cannot be made. The caller holds the home's process lock. */
  async start(): Promise<void> {
    const { config, log, agentSocket } = this.#options;
    const socket = await openLocalSocket(agentSocket, {
      status: () => this.status(),
      stop: (how) => void this.stop({ reason: "asked to stop", ...how }),
    });
    this.#scope.add(() => socket.close());
    // A new token is tried at once, whatever the wait was.
    let isFirst = true;
    const unwatch = watchFile(
      config.tokenFile,
      async () => {
        if (!isFirst && this.#isDialing) this.#link.dialNow();
        isFirst = false;
      },
      tokenPollMs,
    );
    this.#scope.add(unwatch);
    this.#renewToken();
    log.info(
      { home: config.home, name: config.machineName, fingerprint: this.#options.identity.fingerprint },
      "agent.started",
    );
    this.#status.write();
    this.#host.start();
  }

  #renewToken(): void {
    const { config, clock, random, log, identity } = this.#options;
    if (!config.control) return;
    const ask = createPinnedAsk(config.control.url, config.control.caPin);
    const renewal = new TokenRenewal({
      clock,
      random,
      log,
      readToken: () => this.#readToken(),
      renew: () => renewMachineToken(ask, config, identity),
    });
    this.#renewal = renewal;
    this.#scope.add(() => renewal.close());
    void renewal.start();
  }

  /** Resolves when it has stopped. */
  get stopped(): Promise<void> {
    return this.#stopped.promise;
  }

  status(): AgentStatus {
    const { config, clock, hostSocket, agentSocket, agentVersion } = this.#options;
    const failure = this.#link.lastFailure ?? (this.#host.hasRun ? undefined : this.#host.failure);
    return {
      version: 1,
      agentVersion,
      pid: process.pid,
      startedAtMs: this.#startedAtMs,
      home: config.home,
      socket: agentSocket,
      machine: {
        name: config.machineName,
        id: this.#link.machineId ?? null,
        fingerprint: this.#options.identity.fingerprint,
      },
      relays: config.relays.map(({ text }) => text),
      link: toLinkStatus(this.#link.state, failure, clock),
      host: { state: this.#host.state, pid: this.#host.pid ?? null, socket: hostSocket },
      sessions: this.#host.sessions.map((session) =>
        toSessionStatus(session, this.#homeCount(session.sessionId)),
      ),
    };
  }

  /** Goodbye to the relays, then the end; the session host lives on unless told otherwise. */
  stop(options: { reason: string; withHost: boolean }): Promise<void> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  async #stop({ reason, withHost }: { reason: string; withHost: boolean }): Promise<void> {
    const { log } = this.#options;
    log.info({ reason, withHost }, "agent.stopping");
    try {
      // Sessions first: their operators see how they ended while the homes still run.
      if (withHost) await this.#host.stopHost();
      await this.#link.stop(reason);
      await this.#host.close();
    } finally {
      this.#status.remove();
      await this.#scope.close();
      log.info({}, "agent.stopped");
      this.#stopped.resolve();
    }
  }

  async #readToken(): Promise<string> {
    const { tokenFile } = this.#options.config;
    try {
      return (await readFile(tokenFile, "utf8")).trim();
    } catch (cause) {
      throw new Failure(
        "not_configured",
        `The machine's token ${tokenFile} cannot be read: mint one with cmdop token mint --machine.`,
        { cause },
      );
    }
  }

  #register(challenge: { attempt: number; relayId: string; nonce: Uint8Array }): LinkUpBody {
    const { identity, agentVersion } = this.#options;
    this.#missed.registering(challenge.attempt);
    return {
      case: "register",
      value: {
        publicKey: rawPublicKey(identity.key),
        signature: signLinkProof(identity.key, challenge.relayId, challenge.nonce),
        facts: readMachineFacts(agentVersion),
        sessions: this.#host.sessions.map(toReported),
      },
    };
  }

  #linked(attempt: number): void {
    const forgotten = this.#missed.registered(attempt);
    if (forgotten) this.#report(this.#host.sessions, forgotten);
  }

  #reported(sessions: readonly HostedSession[], forgotten: readonly string[]): void {
    this.#missed.changed(forgotten);
    this.#report(sessions, forgotten);
    for (const sessionId of forgotten) this.#toForget.delete(sessionId);
    for (const { sessionId, exit } of sessions) {
      if (!exit || !this.#toForget.delete(sessionId)) continue;
      this.#host.forget(sessionId).catch((cause: unknown) => {
        this.#options.log.warn({ sessionId, ...failureFields(toFailure(cause)) }, "session.not_forgotten");
      });
    }
    // Only now is known what to register.
    if (!this.#isDialing && !this.#stopping) {
      this.#isDialing = true;
      this.#link.dialNow();
    }
  }

  #report(sessions: readonly HostedSession[], forgotten: readonly string[]): void {
    if (sessions.length === 0 && forgotten.length === 0) return;
    this.#link.broadcast({
      case: "sessionReport",
      value: { sessions: sessions.map(toReported), forgotten: [...forgotten] },
    });
  }

  async #beat(answer: (body: LinkUpBody) => void): Promise<void> {
    const live = this.#host.sessions.filter(({ exit }) => exit === undefined).length;
    answer({ case: "heartbeat", value: await readHeartbeat(this.#options.config.agentDirectory, live) });
  }

  #order(attempt: number, order: Order): void {
    const { log } = this.#options;
    const { orderId, sessionId } = order.value;
    log.info({ order: order.case, sessionId }, "order.received");
    this.#carryOut(attempt, order).then(
      () => this.#link.connection(attempt)?.send({ case: "orderResult", value: { orderId } }),
      (cause: unknown) => {
        const failure = toFailure(cause);
        log.warn({ order: order.case, sessionId, ...failureFields(failure) }, "order.failed");
        const { code, message, retryAfterMs = 0 } = failure;
        const fault = { code, text: message, retryAfterMs };
        this.#link.connection(attempt)?.send({ case: "orderResult", value: { orderId, fault } });
      },
    );
  }

  async #carryOut(attempt: number, order: Order): Promise<void> {
    switch (order.case) {
      case "open": {
        const { sessionId, spec, homeToken } = order.value;
        await this.#host.open(sessionId, spec ?? {});
        await this.#homesOf(attempt).open(sessionId, homeToken);
        return;
      }
      case "home":
        await this.#homesOf(attempt).open(order.value.sessionId, order.value.homeToken);
        return;
      case "close": {
        const { sessionId, operator, graceMs, forget } = order.value;
        const isLive = this.#host.sessions.some(
          (session) => session.sessionId === sessionId && !session.exit,
        );
        if (!isLive && forget) await this.#host.forget(sessionId);
        else {
          if (forget) this.#toForget.add(sessionId);
          await this.#host.closeSession(sessionId, { operator, graceMs });
        }
        return;
      }
    }
  }

  #homesOf(attempt: number): Homes {
    const known = this.#homes.get(attempt);
    if (known) return known;
    const connection = this.#link.connection(attempt);
    if (!connection || connection.isOver) throw new Failure("connection_lost");
    const { clock, random, log } = this.#options;
    const homes = new Homes({
      clock,
      random,
      log,
      openAtHost: (sessionId) => this.#host.openHome(sessionId),
      openAtRelay: (sessionId, token) => connection.openHome(sessionId, token),
      changed: () => this.#status.changed(),
    });
    this.#homes.set(attempt, homes);
    return homes;
  }

  #homeCount(sessionId: string): number {
    let count = 0;
    for (const homes of this.#homes.values()) if (homes.has(sessionId)) count += 1;
    return count;
  }
}
