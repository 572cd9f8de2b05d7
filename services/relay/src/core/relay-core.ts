// The relay's core: the one door for the adapters. Synchronous; time comes in by tick(), which the process calls
// at least every 100 ms with monotonic and wall milliseconds; between ticks the time stands still. It knows no
// transport, no generated code, no clock and no environment.
//
// I1 Refusals are Failure values; an exception means a broken invariant.
// I2 Draining, nothing new is accepted, and at the deadline nothing is left.
import { Failure, newAttachmentId, newSessionId, type Random } from "@cmdop/base";
import type {
  AttachmentHandle,
  AttachmentSink,
  Catalogue,
  FrameCodec,
  HomeHandle,
  HomeSecrets,
  HomeSink,
  Journal,
  LinkHandle,
  LinkSink,
} from "../ports.ts";
import { Arrivals } from "./arrivals.ts";
import { openAttachment } from "./attachment-handle.ts";
import { HomeGate } from "./home-gate.ts";
import { HomeOrders } from "./home-orders.ts";
import { limits as defaultLimits, type Limits } from "./limits.ts";
import { openLink } from "./link-handle.ts";
import { linkOf, maySee, maySeeSession, roleAt, toMachineInfo } from "./machine.ts";
import { Orders } from "./orders.ts";
import { newestFirst, toPage } from "./pages.ts";
import type { Principal, Role, SessionInfo } from "./parties.ts";
import { Registry } from "./registry.ts";
import type {
  AttachRequest,
  CloseRequest,
  CoreStats,
  MachinePage,
  MachineQuery,
  OpenRequest,
  Registration,
  SessionPage,
  SessionQuery,
  SessionResult,
} from "./requests.ts";
import type { Session } from "./session.ts";
import type { SessionContext } from "./session-context.ts";
import { subjectOf } from "./subject.ts";
import { TokenBuckets } from "./token-buckets.ts";

export interface RelayCoreOptions {
  readonly relayId: string;
  readonly codec: FrameCodec;
  readonly secrets: HomeSecrets;
  readonly random: Random;
  readonly journal: Journal;
  readonly catalogue?: Catalogue | undefined;
  readonly nowMs: number;
  readonly wallMs: number;
  readonly limits?: Partial<Limits>;
}

type Running = { readonly kind: "running" } | { readonly kind: "draining"; readonly untilMs: number };

export class RelayCore {
  readonly limits: Limits;
  readonly #options: RelayCoreOptions;
  readonly #context: SessionContext;
  readonly #registry: Registry;
  readonly #orders: Orders;
  readonly #arrivals: Arrivals;
  readonly #homes: HomeGate;
  readonly #rates: TokenBuckets;
  readonly #lookups: TokenBuckets;
  readonly #touched = new Set<Session>();
  readonly #counters = { outputBytes: 0, deliveries: 0, gaps: 0, snapshots: 0 };
  #nowMs: number;
  #wallMs: number;
  #sweepAtMs: number;
  #lastOrderId = 0;
  #running: Running = { kind: "running" };

  constructor(options: RelayCoreOptions) {
    const { codec, journal, relayId, secrets, random } = options;
    const limits = { ...defaultLimits, ...options.limits };
    this.limits = limits;
    this.#options = options;
    this.#nowMs = options.nowMs;
    this.#wallMs = options.wallMs;
    this.#sweepAtMs = options.nowMs + limits.sweepIntervalMs;
    const context: SessionContext = {
      relayId,
      codec,
      limits,
      journal,
      catalogue: options.catalogue,
      counters: this.#counters,
      now: () => this.#nowMs,
      wall: () => this.#wallMs,
    };
    this.#context = context;
    const nextOrderId = (): number => {
      this.#lastOrderId += 1;
      return this.#lastOrderId;
    };
    const homeOrders = new HomeOrders(secrets, limits);
    this.#arrivals = new Arrivals(limits.arrivalsMax);
    this.#registry = new Registry({
      context,
      homeOrders,
      nextOrderId,
      touched: (session) => this.#touched.add(session),
      appeared: (session) => this.#arrivals.appeared(session.fleet, session.id),
    });
    const registry = this.#registry;
    this.#orders = new Orders({
      context,
      registry,
      homeOrders,
      nextOrderId,
      newSessionId: () => newSessionId(random),
      startedMs: options.nowMs,
    });
    this.#homes = new HomeGate({
      context,
      registry,
      homeOrders,
      arrived: (session) => this.#orders.homeArrived(session),
    });
    const { attachesPerSecond, attachesBurst, lookupsPerSecond, lookupsBurst, rateKeysMax: keysMax } = limits;
    this.#rates = new TokenBuckets({ perSecond: attachesPerSecond, burst: attachesBurst, keysMax });
    this.#lookups = new TokenBuckets({ perSecond: lookupsPerSecond, burst: lookupsBurst, keysMax });
  }

  /** Call at least every 100 ms. */
  tick(nowMs: number, wallMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    this.#wallMs = wallMs;
    for (const session of this.#touched) if (!session.flush(this.#nowMs)) this.#touched.delete(session);
    if (this.#running.kind === "draining" && this.#nowMs >= this.#running.untilMs)
      this.#endAll(new Failure("draining"));
    if (this.#nowMs < this.#sweepAtMs) return;
    this.#sweepAtMs = this.#nowMs + this.limits.sweepIntervalMs;
    this.#registry.sweep(this.#nowMs);
    this.#homes.sweep(this.#nowMs);
    this.#orders.sweep(this.#nowMs);
    this.#rates.sweep(this.#nowMs);
    this.#lookups.sweep(this.#nowMs);
    // Just started, an agent that is not back yet is likelier than a session that is gone: try again.
    const isYoung = this.#nowMs - this.#options.nowMs < this.limits.graceMs;
    this.#arrivals.end(({ deadlineMs }) => {
      if (this.#nowMs < deadlineMs) return undefined;
      return new Failure(isYoung ? "session_unreachable" : "session_not_found");
    });
  }

  /** After the machine proved its identity; supersedes an older link of the same machine. */
  link(registration: Registration, sink: LinkSink): LinkHandle | Failure {
    if (this.#running.kind === "draining") return new Failure("draining");
    const registered = this.#registry.register(registration, sink);
    if (registered instanceof Failure) return registered;
    this.#orders.registered(registered.machine, new Set(registration.sessions.map((each) => each.sessionId)));
    return openLink({
      ...registered,
      context: this.#context,
      registry: this.#registry,
      orders: this.#orders,
    });
  }

  /** `token` is the one of the order. The first event must be `hello`. */
  home(sessionId: string, token: string, sink: HomeSink): HomeHandle | Failure {
    if (this.#running.kind === "draining") return new Failure("draining");
    return this.#homes.open(sessionId, token, sink);
  }

  /** May send to the sink before it returns; an unknown session may still end it later. */
  attach(request: AttachRequest, sink: AttachmentSink): AttachmentHandle | Failure {
    if (this.#running.kind === "draining") return new Failure("draining");
    const { principal } = request;
    if (principal.session !== request.sessionId) return new Failure("permission_denied");
    const limited = this.#rateLimit(this.#rates, principal);
    if (limited) return limited;
    return openAttachment({
      context: this.#context,
      arrivals: this.#arrivals,
      find: () => {
        const session = this.#registry.session(principal.fleet, request.sessionId);
        return session && maySeeSession(principal, session) ? session : undefined;
      },
      request,
      attachmentId: newAttachmentId(this.#options.random),
      sink,
    });
  }

  openSession(principal: Principal, request: OpenRequest, done: SessionResult): void {
    const limited =
      this.#running.kind === "draining" ? new Failure("draining") : this.#rateLimit(this.#rates, principal);
    if (limited) done(limited);
    else this.#orders.open(principal, request, done);
  }

  closeSession(principal: Principal, request: CloseRequest, done: SessionResult): void {
    const limited = this.#rateLimit(this.#rates, principal);
    if (limited) done(limited);
    else this.#orders.close(principal, request, done);
  }

  /** Id, exact name or unique prefix of either. */
  findSession(principal: Principal, query: string): SessionInfo | Failure {
    const limited = this.#rateLimit(this.#lookups, principal);
    if (limited) return limited;
    const found = this.#registry.findSession(principal, query);
    return found instanceof Failure ? found : found.info();
  }

  /** What a principal may be at a session that it found. */
  roleIn(principal: Principal, session: SessionInfo): Role {
    return roleAt(principal, session.machineId);
  }

  listSessions(principal: Principal, query: SessionQuery): SessionPage | Failure {
    const limited = this.#rateLimit(this.#lookups, principal);
    if (limited) return limited;
    const machine = query.machine === "" ? undefined : this.#registry.findMachine(principal, query.machine);
    if (machine instanceof Failure) return machine;
    const listed = Array.from(machine ? machine.sessions.values() : this.#registry.sessions()).filter(
      (session) =>
        maySeeSession(principal, session) &&
        (query.includeEnded || session.state.kind !== "ended") &&
        !this.#orders.isOpening(session),
    );
    const keyOf = (session: Session) => ({ key: newestFirst(session.createdAtMs), id: session.id });
    const page = toPage(listed, keyOf, query, this.limits);
    if (page instanceof Failure) return page;
    return { ...page, items: page.items.map((session) => session.info()) };
  }

  listMachines(principal: Principal, query: MachineQuery): MachinePage | Failure {
    const limited = this.#rateLimit(this.#lookups, principal);
    if (limited) return limited;
    const listed = Array.from(this.#registry.machines).filter((machine) => maySee(principal, machine));
    const page = toPage(listed, (machine) => ({ key: machine.name, id: machine.id }), query, this.limits);
    if (page instanceof Failure) return page;
    return { ...page, items: page.items.map(toMachineInfo) };
  }

  /** Ends every link (with its homes) and attachment whose credential the predicate names. Returns how many. */
  revoke(isRevoked: (ids: readonly string[]) => boolean): number {
    const failure = new Failure("token_revoked");
    let ended = this.#arrivals.end(({ request }) =>
      isRevoked(request.principal.credential.ids) ? failure : undefined,
    );
    ended += this.#orders.revoke(isRevoked, failure);
    for (const machine of this.#registry.machines) {
      const link = linkOf(machine);
      if (link && isRevoked(link.credential.ids)) {
        this.#registry.endLink(machine, failure);
        ended += 1;
      }
      for (const session of machine.sessions.values()) ended += session.revoke(isRevoked, failure);
    }
    return ended;
  }

  /**
   * Forgets the machines that have left their fleet, with all that is attached there. Of which it is not known, because
   * news were missed, is forgotten soon, unless it links again.
   */
  forgetMachines(standing: (leavingKey: string) => "there" | "unknown" | "left"): void {
    for (const machine of this.#registry.machines) {
      if (machine.leavingKey === undefined) continue;
      const kind = standing(machine.leavingKey);
      if (kind === "left") this.#registry.remove(machine, new Failure("token_revoked"));
      else machine.mayHaveLeft = kind === "unknown";
    }
  }

  /** Tells the catalogue of every link once more. */
  announce(): void {
    this.#registry.announce();
  }

  /** Refuses what is new and asks all to move; what is left after `withinMs` is ended by tick(). */
  drain(move: { readonly relays: readonly string[]; readonly withinMs: number }): void {
    if (this.#running.kind === "draining") return;
    const withinMs = Math.min(move.withinMs, this.limits.drainMs);
    this.#running = { kind: "draining", untilMs: this.#nowMs + withinMs };
    const frame = { kind: "move", relays: move.relays, withinMs } as const;
    this.#orders.end(new Failure("draining"));
    this.#arrivals.end(() => new Failure("draining"));
    for (const machine of this.#registry.machines) linkOf(machine)?.sink.send(frame);
    for (const session of this.#registry.sessions()) session.tellAll(frame);
    this.#options.journal.record({ name: "relay.draining" });
  }

  /** True when draining and nothing is attached or linked any more. */
  get isDrained(): boolean {
    return this.#running.kind === "draining" && this.#registry.links === 0 && this.#attachments() === 0;
  }

  /** Ends everything now. */
  close(): void {
    this.#running = { kind: "draining", untilMs: this.#nowMs };
    this.#endAll(new Failure("draining"));
  }

  stats(): CoreStats {
    const stats = { liveSessions: 0, sessions: 0, homes: 0, attachments: 0, windowBytes: 0 };
    for (const session of this.#registry.sessions()) {
      stats.sessions += 1;
      if (session.state.kind === "live") stats.liveSessions += 1;
      if (session.home) stats.homes += 1;
      stats.attachments += session.attachments.size;
      stats.windowBytes += session.output.window.bytes;
    }
    return {
      ...stats,
      links: this.#registry.links,
      machines: this.#registry.machineCount,
      ...this.#counters,
    };
  }

  #rateLimit(rates: TokenBuckets, principal: Principal): Failure | undefined {
    const waitMs = rates.take(JSON.stringify(subjectOf(principal)), this.#nowMs);
    return waitMs > 0 ? new Failure("rate_limited", undefined, { retryAfterMs: waitMs }) : undefined;
  }

  #attachments(): number {
    let count = 0;
    for (const session of this.#registry.sessions()) count += session.attachments.size;
    return count;
  }

  #endAll(failure: Failure): void {
    this.#orders.end(failure);
    this.#arrivals.end(() => failure);
    this.#homes.end(failure);
    for (const session of this.#registry.sessions()) session.close(failure);
    for (const machine of this.#registry.machines) this.#registry.endLink(machine, failure);
  }
}

export const createRelayCore = (options: RelayCoreOptions): RelayCore => new RelayCore(options);
