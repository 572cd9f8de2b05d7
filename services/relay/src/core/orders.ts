// Orders to agents that somebody waits for: opening and closing sessions, with deadlines, and the idempotency keys of
// opening. It does not know how an order travels.
//
// I1 Whoever waits is answered exactly once: done, refused by the agent, link lost for good, or timed out.
// I2 An opening is done when the agent said so and the session's home said hello.
// I3 The same key of the same operator within its time never opens twice; what failed may be tried again. An operator is
//    its account, not its name, and is told of nothing that its token may not see.
import { Failure } from "@cmdop/base";
import { EarlyOpenings } from "./early-openings.ts";
import type { HomeOrders } from "./home-orders.ts";
import { type Link, linkOf, liveSessions, type Machine, maySeeSession, roleAt } from "./machine.ts";
import type { HostedSession, Principal, SessionSpec } from "./parties.ts";
import type { Registry } from "./registry.ts";
import type { CloseRequest, OpenRequest, SessionResult } from "./requests.ts";
import type { Session } from "./session.ts";
import type { SessionContext } from "./session-context.ts";
import { subjectOf } from "./subject.ts";

interface Opening {
  readonly kind: "open";
  readonly session: Session;
  readonly openedBy: Principal;
  readonly waiters: SessionResult[];
  readonly deadlineMs: number;
  readonly key: string | undefined;
  isDone: boolean;
}

interface Closing {
  readonly kind: "close";
  readonly session: Session;
  readonly waiter: SessionResult;
  readonly deadlineMs: number;
}

export interface OrdersOptions {
  readonly context: SessionContext;
  readonly registry: Registry;
  readonly homeOrders: HomeOrders;
  readonly nextOrderId: () => number;
  readonly newSessionId: () => string;
  readonly startedMs: number;
}

export class Orders {
  readonly #options: OrdersOptions;
  readonly #pending = new Map<number, Opening | Closing>();
  readonly #early: EarlyOpenings;
  /** In the order of their expiry, which is one constant time after they were made. */
  readonly #keys = new Map<string, { readonly session: Session; readonly expiresAtMs: number }>();

  constructor(options: OrdersOptions) {
    this.#options = options;
    this.#early = new EarlyOpenings(options.context, options.startedMs);
  }

  isOpening(session: Session): boolean {
    return this.#openingOf(session) !== undefined;
  }

  open(principal: Principal, request: OpenRequest, done: SessionResult): void {
    const { registry, context } = this.#options;
    const { limits } = context;
    if (principal.role !== "operator" || principal.session !== undefined) {
      done(new Failure("permission_denied"));
      return;
    }
    if (request.idempotencyKey.length > limits.idempotencyKeyChars) {
      done(new Failure("invalid_argument", "idempotency_key: too long."));
      return;
    }
    const key =
      request.idempotencyKey === ""
        ? undefined
        : JSON.stringify([...subjectOf(principal), request.idempotencyKey]);
    if (key !== undefined && this.#answerFromKey(key, principal, done)) return;
    const machine = registry.findMachine(principal, request.machine);
    if (machine instanceof Failure) {
      const waits = machine.code === "machine_not_found" && this.#early.add({ principal, request, done });
      if (!waits) done(machine);
    } else if (roleAt(principal, machine.id) !== "operator") done(new Failure("permission_denied"));
    else if (!linkOf(machine)) done(new Failure("machine_offline"));
    else if (this.#isClogged(linkOf(machine))) done(clogged());
    else if (liveSessions(machine) >= limits.liveSessionsPerMachine) done(new Failure("too_many_sessions"));
    else if (key !== undefined && this.#keys.size >= limits.idempotencyKeysMax)
      done(new Failure("rate_limited"));
    else this.#order(machine, principal, request.spec, key, done);
  }

  close(principal: Principal, request: CloseRequest, done: SessionResult): void {
    const { registry, context, nextOrderId } = this.#options;
    if (principal.role !== "operator") {
      done(new Failure("permission_denied"));
      return;
    }
    const session = registry.findSession(principal, request.session);
    if (session instanceof Failure) {
      done(session);
      return;
    }
    if (roleAt(principal, session.machine.id) !== "operator") {
      done(new Failure("permission_denied"));
      return;
    }
    if (session.state.kind === "ended" && !request.forget) {
      done(session.info());
      return;
    }
    const machine = registry.machineOf(session);
    const link = machine && linkOf(machine);
    if (!link) {
      done(new Failure("machine_offline"));
      return;
    }
    if (this.#isClogged(link)) {
      done(clogged());
      return;
    }
    const orderId = nextOrderId();
    const deadlineMs = context.now() + context.limits.orderDeadlineMs;
    this.#pending.set(orderId, { kind: "close", session, waiter: done, deadlineMs });
    const { graceMs, forget } = request;
    link.sink.send({
      kind: "close",
      orderId,
      sessionId: session.id,
      operator: principal.operator,
      graceMs,
      forget,
    });
  }

  /** The agent's answer; false when nobody waits for it. */
  result(machine: Machine, orderId: number, failure: Failure | undefined): boolean {
    const order = this.#pending.get(orderId);
    if (!order || this.#options.registry.machineOf(order.session) !== machine) return false;
    if (order.kind === "close") {
      this.#pending.delete(orderId);
      order.waiter(failure ?? order.session.info());
    } else if (failure) this.#fail(orderId, order, failure);
    else {
      order.isDone = true;
      this.#settle(orderId, order);
    }
    return true;
  }

  /** A session's home said hello. */
  homeArrived(session: Session): void {
    for (const [orderId, order] of this.#pending)
      if (order.kind === "open" && order.session === session) this.#settle(orderId, order);
  }

  /** Ends those that wait for a machine and whose credential is revoked. Returns how many. */
  revoke(isRevoked: (ids: readonly string[]) => boolean, failure: Failure): number {
    return this.#early.revoke(isRevoked, failure);
  }

  #retryEarly(): void {
    for (const { principal, request, done } of this.#early.take()) this.open(principal, request, done);
  }

  /** A new link lists what its host holds: what was ordered on the old one and is not there will not come. */
  registered(machine: Machine, sessionIds: ReadonlySet<string>): void {
    for (const [orderId, order] of this.#pending) {
      if (this.#options.registry.machineOf(order.session) !== machine) continue;
      if (order.kind === "close") {
        this.#pending.delete(orderId);
        order.waiter(new Failure("connection_lost"));
      } else if (sessionIds.has(order.session.id)) {
        order.isDone = true;
        this.#settle(orderId, order);
      } else this.#fail(orderId, order, new Failure("connection_lost"));
    }
    // After those of the old link, which it must not be taken for.
    this.#retryEarly();
  }

  sweep(nowMs: number): void {
    if (this.#early.isOver) this.#retryEarly();
    for (const [orderId, order] of this.#pending) {
      if (nowMs < order.deadlineMs) continue;
      if (order.kind === "close") {
        this.#pending.delete(orderId);
        order.waiter(new Failure("timed_out"));
      } else {
        this.#recall(order.session);
        this.#fail(orderId, order, new Failure("timed_out"));
      }
    }
    for (const [key, { expiresAtMs }] of this.#keys) {
      if (nowMs < expiresAtMs) break;
      this.#keys.delete(key);
    }
  }

  end(failure: Failure): void {
    for (const { done } of this.#early.take()) done(failure);
    for (const [orderId, order] of this.#pending) {
      if (order.kind === "open") this.#fail(orderId, order, failure);
      else {
        this.#pending.delete(orderId);
        order.waiter(failure);
      }
    }
  }

  #answerFromKey(key: string, principal: Principal, done: SessionResult): boolean {
    const { registry, context } = this.#options;
    const known = this.#keys.get(key);
    if (!known) return false;
    const isKnown = registry.session(known.session.fleet, known.session.id) === known.session;
    if (context.now() >= known.expiresAtMs || !isKnown) {
      this.#keys.delete(key);
      return false;
    }
    const opening = this.#openingOf(known.session);
    // One account has tokens for more machines and for fewer.
    if (!maySeeSession(principal, known.session)) done(new Failure("permission_denied"));
    else if (opening) opening.waiters.push(done);
    else done(known.session.info());
    return true;
  }

  #order(
    machine: Machine,
    principal: Principal,
    spec: SessionSpec,
    key: string | undefined,
    done: SessionResult,
  ): void {
    const { registry, context, homeOrders, nextOrderId, newSessionId } = this.#options;
    const link = linkOf(machine);
    if (!link) return;
    const nowMs = context.now();
    const session = registry.add(machine, toHosted(newSessionId(), principal, spec, context.wall()), true);
    const orderId = nextOrderId();
    const deadlineMs = nowMs + context.limits.orderDeadlineMs;
    const opening = { kind: "open", session, openedBy: principal, deadlineMs, key } as const;
    this.#pending.set(orderId, { ...opening, waiters: [done], isDone: false });
    if (key !== undefined)
      this.#keys.set(key, { session, expiresAtMs: nowMs + context.limits.idempotencyMs });
    const homeToken = homeOrders.opening(session, link, nowMs);
    const openedBy = principal.operator;
    link.sink.send({ kind: "open", orderId, sessionId: session.id, spec, openedBy, homeToken });
  }

  #settle(orderId: number, order: Opening): void {
    if (!order.isDone || !(order.session.home || order.session.state.kind === "ended")) return;
    this.#pending.delete(orderId);
    const info = order.session.info();
    order.session.tell({ change: "opened", by: order.openedBy });
    for (const waiter of order.waiters) waiter(info);
  }

  #fail(orderId: number, order: Opening, failure: Failure): void {
    this.#pending.delete(orderId);
    if (order.key !== undefined) this.#keys.delete(order.key);
    this.#options.registry.forget(order.session);
    for (const waiter of order.waiters) waiter(failure);
  }

  /** The caller was told that it failed: what came of it must not live on unknown to anybody. */
  #recall(session: Session): void {
    const machine = this.#options.registry.machineOf(session);
    const link = machine && linkOf(machine);
    const orderId = this.#options.nextOrderId();
    link?.sink.send({
      kind: "close",
      orderId,
      sessionId: session.id,
      operator: "",
      graceMs: 0,
      forget: true,
    });
  }

  #isClogged(link: Link | undefined): boolean {
    return link !== undefined && link.sink.bufferedBytes > this.#options.context.limits.linkUnsentBytesMax;
  }

  #openingOf(session: Session): Opening | undefined {
    for (const order of this.#pending.values())
      if (order.kind === "open" && order.session === session) return order;
    return undefined;
  }
}

const clogged = (): Failure => new Failure("rate_limited", "The machine does not take its orders.");

const toHosted = (
  sessionId: string,
  principal: Principal,
  spec: SessionSpec,
  wallMs: number,
): HostedSession => ({
  sessionId,
  kind: spec.kind,
  name: spec.name,
  title: "",
  argv: spec.argv,
  cwd: spec.cwd,
  cols: spec.cols,
  rows: spec.rows,
  resizePolicy: spec.resizePolicy,
  createdAtMs: wallMs,
  openedBy: principal.operator,
  logStart: 0,
  offset: 0,
  exit: undefined,
  waitForReader: spec.waitForReader,
});
