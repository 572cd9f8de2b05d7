// The machines that this relay knows, their links, and the sessions on them. It does not know tokens of operators or
// how a machine proved itself.
//
// I1 A machine has one link at most: a second one detaches the first before it counts.
// I2 Nothing of one fleet can be found, named or counted from another.
// I3 A session belongs to the machine that first reported it, for as long as it is known.
// I4 Machines, and sessions per machine, are bounded.
import { Failure } from "@cmdop/base";
import type { LinkSink } from "../ports.ts";
import type { HomeOrders } from "./home-orders.ts";
import type { Limits } from "./limits.ts";
import { type Link, linkOf, liveSessions, type Machine, maySee, maySeeSession } from "./machine.ts";
import { resolveName } from "./names.ts";
import type { HostedSession, Principal } from "./parties.ts";
import type { Registration } from "./requests.ts";
import { Session } from "./session.ts";
import type { SessionContext } from "./session-context.ts";

export interface RegistryOptions {
  readonly context: SessionContext;
  readonly homeOrders: HomeOrders;
  readonly nextOrderId: () => number;
  readonly touched: (session: Session) => void;
  readonly appeared: (session: Session) => void;
}

const retentionMs = ({ mayHaveLeft }: Machine, limits: Limits): number =>
  mayHaveLeft ? limits.unknownRetentionMs : limits.offlineRetentionMs;

const keyOf = (fleet: string, id: string): string => `${fleet}\u0000${id}`;

export class Registry {
  readonly #options: RegistryOptions;
  readonly #machines = new Map<string, Machine>();
  /** By id; more than one only when fleets have the same id. */
  readonly #sessions = new Map<string, Session[]>();
  /** Sessions that their machine did not list at its last registration, and since when. */
  readonly #unlisted = new Map<Session, number>();
  #links = 0;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get links(): number {
    return this.#links;
  }

  get machines(): Iterable<Machine> {
    return this.#machines.values();
  }

  get machineCount(): number {
    return this.#machines.size;
  }

  *sessions(): Iterable<Session> {
    for (const machine of this.#machines.values()) yield* machine.sessions.values();
  }

  sessionsWithId(id: string): readonly Session[] {
    return this.#sessions.get(id) ?? [];
  }

  session(fleet: string, id: string): Session | undefined {
    return this.sessionsWithId(id).find((session) => session.fleet === fleet);
  }

  machineOf(session: Session): Machine | undefined {
    return this.#machines.get(keyOf(session.fleet, session.machine.id));
  }

  findMachine(principal: Principal, query: string): Machine | Failure {
    const exact = this.#machines.get(keyOf(principal.fleet, query));
    if (exact && maySee(principal, exact)) return exact;
    const visible = Array.from(this.#machines.values()).filter((machine) => maySee(principal, machine));
    const items = visible.map((machine) => ({
      id: machine.id,
      names: [machine.facts.hostname, machine.name],
      machine,
    }));
    const { limits } = this.#options.context;
    const found = resolveName(query, items, limits.prefixCharsMin);
    if (found.kind === "found") return found.item.machine;
    if (found.kind === "none") {
      return query === ""
        ? new Failure("machine_not_found", "There is no machine that this token may see.")
        : new Failure("machine_not_found");
    }
    const named = found.candidates.map(({ machine }) => `${machine.name} (${machine.id})`);
    return this.#ambiguous(named, query === "" ? "No machine was named, and there are several" : undefined);
  }

  findSession(principal: Principal, query: string): Session | Failure {
    const exact = this.session(principal.fleet, query);
    if (exact && maySeeSession(principal, exact)) return exact;
    const visible = Array.from(this.sessions()).filter((session) => maySeeSession(principal, session));
    const items = visible.map((session) => ({
      id: session.id,
      names: session.name === "" ? [] : [session.name],
      session,
    }));
    const { limits } = this.#options.context;
    const found = query === "" ? { kind: "none" as const } : resolveName(query, items, limits.prefixCharsMin);
    if (found.kind === "found") return found.item.session;
    if (found.kind === "none") return new Failure("session_not_found");
    return this.#ambiguous(found.candidates.map(({ session }) => `${session.name} (${session.id})`.trim()));
  }

  // Links

  register(
    registration: Registration,
    sink: LinkSink,
  ): { readonly machine: Machine; readonly link: Link } | Failure {
    const { context } = this.#options;
    const key = keyOf(registration.fleet, registration.machineId);
    let machine = this.#machines.get(key);
    const older = machine && linkOf(machine);
    if (!older && this.#links >= context.limits.links) return new Failure("too_many_links");
    if (machine && older) {
      this.#unlink(machine, older);
      older.sink.end(new Failure("superseded"));
      this.#journal("link.superseded", machine);
    }
    const { limitMs } = registration.credential;
    const endsAtMs = limitMs === undefined ? Number.POSITIVE_INFINITY : context.now() + limitMs;
    const link: Link = { sink, credential: registration.credential, endsAtMs };
    const state = { kind: "online", link, beatAtMs: context.now() } as const;
    const { fleet, machineId: id, name, facts, leavingKey } = registration;
    const times = { linkedAtMs: context.wall(), seenAtMs: context.wall() };
    const mayHaveLeft = false;
    if (machine) Object.assign(machine, { name, facts, state, leavingKey, mayHaveLeft, ...times });
    else {
      const own = { fleet, id, heartbeat: undefined, sessions: new Map<string, Session>() };
      machine = { ...own, name, facts, state, leavingKey, mayHaveLeft, ...times };
      this.#machines.set(key, machine);
    }
    this.#links += 1;
    this.#journal("link.registered", machine);
    const sessionIds = registration.sessions.map(({ sessionId }) => sessionId);
    this.#tell("online", machine, "", sessionIds);
    for (const session of machine.sessions.values()) this.#unlisted.set(session, context.now());
    this.report(machine, registration.sessions, []);
    for (const session of machine.sessions.values()) this.wantHome(session);
    return { machine, link };
  }

  report(machine: Machine, hosted: readonly HostedSession[], forgotten: readonly string[]): void {
    const { limits } = this.#options.context;
    // The newest first: at the bound the oldest ended ones are left out.
    for (const each of hosted.toSorted((a, b) => b.createdAtMs - a.createdAtMs)) {
      const known = machine.sessions.get(each.sessionId);
      if (known) {
        this.#unlisted.delete(known);
        known.reported(each);
      } else if (!this.session(machine.fleet, each.sessionId)) {
        const live = liveSessions(machine);
        const isFull = each.exit
          ? machine.sessions.size - live >= limits.endedSessionsPerMachine
          : live >= limits.liveSessionsPerMachine;
        if (isFull) this.#journal("session.left_out", machine, each.sessionId);
        else this.add(machine, each).tell({ change: each.exit ? "ended" : "updated" });
      } else this.#journal("session.of_another_machine", machine, each.sessionId);
    }
    for (const id of forgotten) {
      const session = machine.sessions.get(id);
      if (session) this.#gone(session);
    }
  }

  /** `isOpening`: its home comes with the open order. */
  add(machine: Machine, hosted: HostedSession, isOpening = false): Session {
    const session: Session = new Session({
      fleet: machine.fleet,
      machine,
      hosted,
      context: this.#options.context,
      hooks: {
        touched: () => this.#options.touched(session),
        homeWanted: () => this.wantHome(session),
      },
    });
    machine.sessions.set(session.id, session);
    this.#sessions.set(session.id, [...this.sessionsWithId(session.id), session]);
    if (!isOpening) this.wantHome(session);
    this.#options.appeared(session);
    return session;
  }

  /** Not for what the machine did not list: it has nothing to open. */
  wantHome(session: Session): void {
    if (this.#unlisted.has(session)) return;
    const machine = this.machineOf(session);
    const link = machine && linkOf(machine);
    const { context, homeOrders, nextOrderId } = this.#options;
    if (!link || link.sink.bufferedBytes > context.limits.linkUnsentBytesMax) return;
    homeOrders.want(session, link, context.now(), nextOrderId);
  }

  /** The agent could not open a home: only a session that is gone changes anything, the rest is tried again. */
  homeRefused(link: Link, orderId: number, failure: Failure): void {
    const session = this.#options.homeOrders.ordered(link, orderId);
    if (session && failure.code === "session_not_found") this.#gone(session);
  }

  /** The session is no more on its machine. */
  #gone(session: Session): void {
    session.gone();
    this.forget(session);
  }

  /** This relay knows it no more; what its machine has is another matter. */
  forget(session: Session): void {
    this.machineOf(session)?.sessions.delete(session.id);
    const others = this.sessionsWithId(session.id).filter((other) => other !== session);
    if (others.length > 0) this.#sessions.set(session.id, others);
    else this.#sessions.delete(session.id);
    this.#unlisted.delete(session);
    this.#options.homeOrders.forget(session);
    session.close(new Failure("session_not_found"));
  }

  /** A link's stream is over; `isGoodbye`: the agent stopped on purpose. */
  linkClosed(machine: Machine, link: Link, isGoodbye: boolean): void {
    if (linkOf(machine) !== link) return;
    const nowMs = this.#options.context.now();
    this.#unlink(machine, link);
    machine.state = { kind: isGoodbye ? "offline" : "waiting", sinceMs: nowMs };
    this.#journal(isGoodbye ? "link.goodbye" : "link.lost", machine);
    if (!isGoodbye) return;
    this.#tell("offline", machine, "goodbye");
    this.#away(machine, new Failure("machine_offline"));
  }

  /** Ends a link from this side, with the homes of its machine. */
  endLink(machine: Machine, failure: Failure): void {
    const link = linkOf(machine);
    if (!link) return;
    this.linkClosed(machine, link, true);
    link.sink.end(failure);
  }

  /** It has left its fleet: its link ends, and whoever is attached there with its sessions. */
  remove(machine: Machine, failure: Failure): void {
    this.endLink(machine, failure);
    this.#drop(machine);
  }

  /** Tells of every link once more: the catalogue may have given them up. */
  announce(): void {
    for (const machine of this.#machines.values()) if (linkOf(machine)) this.#tell("online", machine, "");
  }

  sweep(nowMs: number): void {
    const { limits } = this.#options.context;
    for (const [session, sinceMs] of this.#unlisted)
      if (nowMs - sinceMs >= limits.graceMs) this.#gone(session);
    for (const machine of this.#machines.values()) {
      const { state } = machine;
      if (state.kind === "online") {
        if (nowMs >= state.link.endsAtMs) this.endLink(machine, new Failure("token_limit_reached"));
        else if (nowMs - state.beatAtMs >= limits.offlineAfterMs)
          this.endLink(machine, new Failure("timed_out"));
      } else if (state.kind === "waiting" && nowMs - state.sinceMs >= limits.graceMs) {
        machine.state = { kind: "offline", sinceMs: nowMs };
        this.#journal("machine.offline", machine);
        this.#tell("offline", machine, "lost");
      } else if (state.kind === "offline" && nowMs - state.sinceMs >= retentionMs(machine, limits))
        this.#forgetMachine(machine);
      for (const session of machine.sessions.values()) {
        session.sweep(nowMs);
        this.wantHome(session);
      }
    }
    this.#forgetOldest(limits.offlineMachinesMax);
  }

  #forgetOldest(offlineMax: number): void {
    const offline = Array.from(this.#machines.values()).flatMap((machine) =>
      machine.state.kind === "offline" ? [{ machine, sinceMs: machine.state.sinceMs }] : [],
    );
    if (offline.length <= offlineMax) return;
    offline.sort((a, b) => a.sinceMs - b.sinceMs);
    for (const { machine } of offline.slice(0, offline.length - offlineMax)) this.#forgetMachine(machine);
  }

  #unlink(machine: Machine, link: Link): void {
    this.#links -= 1;
    this.#options.homeOrders.linkGone(link);
    for (const session of machine.sessions.values()) this.#unlisted.delete(session);
  }

  #away(machine: Machine, failure: Failure): void {
    for (const session of machine.sessions.values()) {
      session.endHome(failure);
      session.lost();
    }
  }

  #forgetMachine(machine: Machine): void {
    for (const session of machine.sessions.values()) if (session.attachments.size > 0) return;
    this.#drop(machine);
  }

  #drop(machine: Machine): void {
    for (const session of machine.sessions.values()) this.forget(session);
    this.#machines.delete(keyOf(machine.fleet, machine.id));
    this.#journal("machine.forgotten", machine);
  }

  #tell(
    change: "online" | "offline",
    machine: Machine,
    reason: string,
    sessionIds?: readonly string[],
  ): void {
    const { fleet, id: machineId, name, facts } = machine;
    this.#options.context.catalogue?.machine({ change, fleet, machineId, name, reason, facts, sessionIds });
  }

  #ambiguous(names: readonly string[], what = "The name fits more than one"): Failure {
    const named = names.toSorted().slice(0, this.#options.context.limits.candidatesNamed);
    const rest = names.length > named.length ? `, and ${names.length - named.length} more` : "";
    return new Failure("ambiguous_name", `${what}: ${named.join(", ")}${rest}.`);
  }

  #journal(name: string, machine: Machine, sessionId?: string): void {
    const ids = { fleet: machine.fleet, machineId: machine.id };
    this.#options.context.journal.record({ name, ...ids, ...(sessionId === undefined ? {} : { sessionId }) });
  }
}
