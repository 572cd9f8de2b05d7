// One session at this relay: its route to the host, its output, and everybody attached. It does not know links,
// machines' states, tokens or transports.
//
// I1 Attachments come and go without an effect on the execution or on each other; nobody owns the session.
// I2 Every change of the route is told to every attachment; LIVE (or ENDED) again means another home: clients
//    synchronize their input.
// I3 An attachment gets Exit when it has all of the output, once.
// I4 Attachments, homes that have not said hello, and everything held for them are bounded.
import { Failure } from "@cmdop/base";
import type { AttachmentSink } from "../ports.ts";
import { Attachment, noCursor } from "./attachment.ts";
import { Credit } from "./credit.ts";
import { Delivery } from "./delivery.ts";
import type { CoreFrame, HomeEvent } from "./frames.ts";
import { HomeRequests } from "./home-requests.ts";
import { type Hello, type HomeConnection, HomeRoute } from "./home-route.ts";
import { Ladder } from "./ladder.ts";
import { OutputWindow } from "./output-window.ts";
import type { Exit, HostedSession, Lease, Role, SessionInfo } from "./parties.ts";
import { listPresence } from "./presence.ts";
import type { AttachRequest } from "./requests.ts";
import type { SessionContext, SessionHooks } from "./session-context.ts";
import { SessionSize } from "./session-size.ts";
import { isEdge, type SessionState } from "./session-state.ts";

export interface MachineName {
  readonly id: string;
  readonly name: string;
}

export interface SessionOptions {
  readonly fleet: string;
  readonly machine: MachineName;
  readonly hosted: HostedSession;
  readonly context: SessionContext;
  readonly hooks: SessionHooks;
}

export class Session {
  readonly fleet: string;
  readonly id: string;
  readonly machine: MachineName;
  readonly attachments = new Map<string, Attachment>();
  readonly delivery: Delivery;
  readonly ladder: Ladder;
  readonly route: HomeRoute;
  readonly size: SessionSize;
  lease: Lease = { holder: "", stream: "", actor: undefined, epoch: 0 };
  /** Wall clock of the last output or input. */
  activeAtMs: number;
  readonly #context: SessionContext;
  readonly #hooks: SessionHooks;
  readonly #requests: HomeRequests;
  #hosted: HostedSession;
  #state: SessionState;
  #finalOffset = Number.POSITIVE_INFINITY;
  #uses = 0;
  #isPresenceDue = false;
  #presenceAtMs = Number.NEGATIVE_INFINITY;
  /** Since when an ended session has had a home and nobody attached. */
  #idleSinceMs: number | undefined;

  constructor(options: SessionOptions) {
    const { fleet, machine, hosted, context, hooks } = options;
    const { limits, codec, counters, now } = context;
    this.fleet = fleet;
    this.machine = machine;
    this.id = hosted.sessionId;
    this.#context = context;
    this.#hooks = hooks;
    this.#hosted = hosted;
    this.#state = hosted.exit ? { kind: "ended", exit: hosted.exit } : { kind: "waiting", sinceMs: now() };
    if (hosted.exit) this.#finalOffset = hosted.exit.finalOffset;
    this.activeAtMs = hosted.createdAtMs;
    const window = new OutputWindow(limits.windowBytes, limits.chunkOverheadBytes);
    this.delivery = new Delivery({
      window,
      codec,
      counters,
      reached: (attachment) => this.#tellExit(attachment),
    });
    this.#requests = new HomeRequests({ codec, limits, now, later: () => hooks.touched() });
    this.ladder = new Ladder({
      delivery: this.delivery,
      attachments: this.attachments,
      requests: this.#requests,
      limits,
      counters,
      now,
      mayGrow: () => this.#state.kind !== "ended" || !this.route.current || window.end < this.#finalOffset,
      end: (attachment, failure) => this.detach(attachment, failure),
    });
    this.route = new HomeRoute({
      codec,
      limits,
      requests: this.#requests,
      now,
      head: () => window.end,
      events: {
        output: (to, framed) => this.#output(to, framed),
        resize: (geometry, framed) => {
          this.size.known(geometry);
          this.delivery.resize(geometry, framed);
        },
        gap: (to, reason) => {
          window.reset(to, undefined);
          this.ladder.windowMoved(reason);
        },
        exit: (exit) => this.ended(exit),
        joined: (hello) => this.#joinGeometry(hello),
      },
    });
    this.size = new SessionSize({
      intervalMs: limits.resizeIntervalMs,
      parties: () => this.attachments.values(),
      ask: (size) => this.toHome({ kind: "resize", offset: 0, operator: "", ...size }),
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  get kind(): HostedSession["kind"] {
    return this.#hosted.kind;
  }

  get name(): string {
    return this.#hosted.name;
  }

  get createdAtMs(): number {
    return this.#hosted.createdAtMs;
  }

  get needsHome(): boolean {
    return !this.route.current && (this.#state.kind !== "ended" || this.attachments.size > 0);
  }

  info(): SessionInfo {
    const { window } = this.delivery;
    return {
      ...this.#hosted,
      ...(window.geometry ?? {}),
      logStart: Math.max(this.#hosted.logStart, this.ladder.logStart),
      offset: window.isOpen ? Math.max(window.end, this.#hosted.offset) : this.#hosted.offset,
      exit: this.#state.kind === "ended" ? this.#state.exit : undefined,
      machineId: this.machine.id,
      machineName: this.machine.name,
      state: this.#state.kind,
      attachments: this.attachments.size,
      activeAtMs: this.activeAtMs,
    };
  }

  /** What an agent reports: names, and the end of an execution whose home is away. */
  reported(hosted: HostedSession): void {
    this.#hosted = hosted;
    if (hosted.exit && !this.route.current) this.ended(hosted.exit);
  }

  // Homes

  /** A home said hello: from here on it is the session's. */
  adopt(home: HomeConnection, hello: Hello): void {
    const { window } = this.delivery;
    const geometry = { cols: hello.cols, rows: hello.rows };
    this.#hosted = {
      ...this.#hosted,
      kind: hello.sessionKind,
      resizePolicy: hello.resizePolicy,
      title: hello.title,
      logStart: hello.logStart,
      offset: hello.offset,
    };
    this.ladder.logStart = Math.max(this.ladder.logStart, hello.logStart);
    this.ladder.homeLeft();
    if (!window.isOpen) window.reset(hello.offset, geometry);
    this.route.adopt(home, hello);
    this.size.known(geometry);
    this.#leaseIs(hello.lease, undefined);
    if (hello.exit) this.#finalOffset = Math.min(hello.exit.finalOffset, hello.offset);
    // The link may have said that it ended before a home that was opened earlier arrives.
    if (this.#state.kind === "ended") this.#tellState();
    else if (hello.exit) this.ended(hello.exit);
    else this.#enter({ kind: "live" });
    this.#idleSinceMs = this.attachments.size === 0 ? this.#context.now() : undefined;
    this.#presence(true);
    this.size.apply(this.#hosted.resizePolicy, this.#context.now(), true);
    this.ladder.homeArrived();
    this.#tellExits();
  }

  homeClosed(home: HomeConnection): void {
    if (!this.route.closed(home)) return;
    const { window } = this.delivery;
    this.ladder.homeLeft();
    if (this.#state.kind === "ended") {
      // An ended session costs memory only while somebody reads it.
      window.reset(window.end, window.geometry);
      this.ladder.windowMoved("slow");
    } else this.#enter({ kind: "waiting", sinceMs: this.#context.now() });
    this.#hooks.homeWanted();
  }

  /** Ends the current home from this side. */
  endHome(failure: Failure | undefined): void {
    const home = this.route.current;
    if (!home) return;
    home.sink.end(failure);
    this.homeClosed(home);
  }

  homeEvent(home: HomeConnection, event: HomeEvent): void {
    if (this.route.current !== home) return;
    switch (event.kind) {
      case "hello":
        this.endHome(new Failure("unexpected_message"));
        return;
      case "resize":
      case "gap":
      case "exit":
        this.route.item(home, event);
        return;
      case "snapshot":
        this.#hosted = { ...this.#hosted, title: event.title };
        this.delivery.window.learnGeometry(event.offset, { cols: event.cols, rows: event.rows });
        this.ladder.snapshot(event);
        return;
      case "lease":
        this.#leaseIs(event.lease, event.framed);
        return;
      case "inputAck":
        for (const attachment of this.attachments.values()) {
          if (attachment.stream === event.stream && attachment.operator === event.operator)
            attachment.sink.send(event.framed);
        }
        return;
      case "logChunk":
        if (!this.route.logChunk(home, event)) this.#readersChunk(event);
    }
  }

  toHome(frame: CoreFrame): boolean {
    const home = this.route.current;
    home?.sink.send(this.#context.codec.encode(frame));
    return home !== undefined;
  }

  // The end, and the grace window

  ended(exit: Exit): void {
    if (this.#state.kind === "ended") return;
    this.#finalOffset = Math.min(this.#finalOffset, exit.finalOffset);
    this.#hosted = { ...this.#hosted, exit };
    this.#enter({ kind: "ended", exit });
    this.#idleSinceMs = this.attachments.size === 0 ? this.#context.now() : undefined;
    this.#tellExits();
  }

  /** The agent said goodbye, or the grace window is over. */
  lost(): void {
    if (this.#state.kind === "waiting") this.#enter({ kind: "lost" });
  }

  // Attachments

  attach(request: AttachRequest, id: string, sink: AttachmentSink): Attachment | Failure {
    const { limits, now, wall, codec, relayId } = this.#context;
    const { principal, fromOffset } = request;
    if (this.attachments.size >= limits.attachmentsPerSession) return new Failure("too_many_attachments");
    if (fromOffset !== undefined && this.ladder.isOutOfReach(fromOffset))
      return new Failure("offset_in_future");
    const role: Role = request.role === "observer" ? "observer" : principal.role;
    const wanted = request.creditBytes > 0 ? request.creditBytes : limits.creditBytes;
    const creditBytes = Math.min(Math.max(wanted, limits.creditBytesMin), limits.creditBytesMax);
    const { limitMs } = principal.credential;
    const attachment = new Attachment({
      id,
      operator: principal.operator,
      role,
      actor: principal.actor,
      credential: principal.credential,
      // A command has no screen to begin with.
      mode: this.kind === "command" ? "lossless" : request.mode,
      stream: request.stream,
      fromOffset,
      viewport: request.viewport,
      credit: new Credit(creditBytes),
      sink,
      attachedAtMs: wall(),
      endsAtMs: limitMs === undefined ? Number.POSITIVE_INFINITY : now() + limitMs,
    });
    this.attachments.set(id, attachment);
    this.#idleSinceMs = undefined;
    this.used(attachment);
    const endsAtMs = limitMs === undefined ? 0 : wall() + limitMs;
    const { operator, actor } = principal;
    const opening: readonly CoreFrame[] = [
      {
        kind: "attached",
        attachmentId: id,
        operator,
        role,
        actor,
        session: this.info(),
        lease: this.lease,
        creditBytes,
        endsAtMs,
        relayId,
      },
      { kind: "lease", lease: this.lease },
      { kind: "presence", ...listPresence(this.attachments.values(), this.lease, limits.presenceListed) },
      { kind: "status", state: this.#state.kind, atMs: wall() },
    ];
    for (const frame of opening) sink.send(codec.encode(frame));
    this.#journal("session.attached", attachment, role);
    this.#presence(false);
    if (attachment.viewport) this.resize(false);
    this.ladder.place(attachment);
    this.#hooks.homeWanted();
    return attachment;
  }

  /** Ends an attachment's stream; `undefined`: it ended by itself. */
  detach(attachment: Attachment, failure: Failure | undefined, isClosed = false): void {
    if (attachment.isEnded) return;
    this.ladder.detach(attachment);
    attachment.enter({ kind: "ended" });
    this.attachments.delete(attachment.id);
    if (!isClosed) attachment.sink.end(failure);
    this.#journal("session.detached", attachment, failure?.code ?? "closed");
    if (this.attachments.size === 0) this.#idleSinceMs = this.#context.now();
    this.#presence(false);
    this.resize(false);
  }

  /** The attachment is the one most recently in use. */
  used(attachment: Attachment): void {
    this.#uses += 1;
    attachment.usedAt = this.#uses;
  }

  resize(isUrgent: boolean): void {
    if (this.kind === "command") return;
    if (this.size.apply(this.#hosted.resizePolicy, this.#context.now(), isUrgent)) this.#hooks.touched();
  }

  viewportChanged(): void {
    this.resize(false);
    this.#presence(false);
  }

  tellAll(frame: CoreFrame): void {
    if (this.attachments.size === 0) return;
    const framed = this.#context.codec.encode(frame);
    for (const attachment of this.attachments.values()) attachment.sink.send(framed);
  }

  // Time

  /** Sends what was coalesced; true when something still waits. */
  flush(nowMs: number): boolean {
    this.#requests.flush();
    if (this.size.isPending) this.resize(false);
    if (this.#isPresenceDue && nowMs - this.#presenceAtMs >= this.#context.limits.presenceIntervalMs)
      this.#presence(true);
    return this.size.isPending || this.#isPresenceDue;
  }

  sweep(nowMs: number): void {
    const { limits } = this.#context;
    if (this.#state.kind === "waiting" && nowMs - this.#state.sinceMs >= limits.graceMs) this.lost();
    for (const attachment of this.attachments.values()) {
      if (nowMs >= attachment.endsAtMs) this.detach(attachment, new Failure("token_limit_reached"));
      else if (attachment.sink.bufferedBytes > limits.unsentBytesMax + attachment.credit.bytes)
        this.detach(attachment, new Failure("slow_consumer"));
    }
    if (!this.route.current) return;
    this.route.sweep(nowMs);
    this.#requests.sweep(nowMs);
    this.ladder.sweep(nowMs);
    const isIdle = this.#idleSinceMs !== undefined && nowMs - this.#idleSinceMs >= limits.endedHomeIdleMs;
    if (this.#state.kind === "ended" && isIdle && this.attachments.size === 0) this.endHome(undefined);
  }

  /** Ends the attachments whose credential is revoked; returns how many. */
  revoke(isRevoked: (ids: readonly string[]) => boolean, failure: Failure): number {
    let ended = 0;
    for (const attachment of this.attachments.values()) {
      if (!isRevoked(attachment.credential.ids)) continue;
      this.detach(attachment, failure);
      ended += 1;
    }
    return ended;
  }

  /** Ends everything with this session, which is no more. */
  close(failure: Failure): void {
    for (const attachment of this.attachments.values()) this.detach(attachment, failure);
    this.endHome(failure);
  }

  #output(to: number, framed: Uint8Array): void {
    this.activeAtMs = this.#context.wall();
    this.delivery.output(to, framed);
    this.ladder.headMoved();
    if (this.#state.kind === "ended") this.#tellExits();
  }

  #readersChunk(event: Extract<HomeEvent, { kind: "logChunk" }>): void {
    const attachment = this.#requests.reader(event.requestId);
    if (!attachment) return;
    if (event.frame) this.ladder.logged(attachment, event.requestId, event.frame);
    if (!event.done) return;
    this.#requests.forget(event.requestId);
    this.ladder.logDone(attachment, event.requestId);
  }

  /** The size may have changed while no home was there to say so. */
  #joinGeometry(hello: Hello): void {
    const { window } = this.delivery;
    const geometry = { cols: hello.cols, rows: hello.rows };
    const isSame = window.geometry?.cols === geometry.cols && window.geometry.rows === geometry.rows;
    if (isSame || this.kind === "command") return;
    const frame = { kind: "resize", offset: window.end, operator: "", ...geometry } as const;
    this.delivery.resize(geometry, this.#context.codec.encode(frame));
  }

  #leaseIs(lease: Lease, framed: Uint8Array | undefined): void {
    const isNew = lease.epoch !== this.lease.epoch || lease.holder !== this.lease.holder;
    // Epochs only grow; what is older was overtaken.
    if (lease.epoch < this.lease.epoch || !isNew) return;
    this.lease = lease;
    const bytes = framed ?? this.#context.codec.encode({ kind: "lease", lease });
    for (const attachment of this.attachments.values()) attachment.sink.send(bytes);
  }

  #tellExits(): void {
    for (const attachment of this.attachments.values()) this.#tellExit(attachment);
  }

  #tellExit(attachment: Attachment): void {
    if (this.#state.kind !== "ended" || attachment.isExitSent || attachment.isEnded) return;
    if (attachment.cursor === noCursor || attachment.cursor < this.#finalOffset) return;
    attachment.isExitSent = true;
    attachment.sink.send(this.#context.codec.encode({ kind: "exit", exit: this.#state.exit }));
  }

  #presence(isDue: boolean): void {
    const { limits, now, codec } = this.#context;
    if (!isDue) {
      this.#isPresenceDue = true;
      this.#hooks.touched();
      return;
    }
    this.#isPresenceDue = false;
    this.#presenceAtMs = now();
    const listed = listPresence(this.attachments.values(), this.lease, limits.presenceListed);
    const framed = codec.encode({ kind: "presence", ...listed });
    for (const attachment of this.attachments.values()) {
      // Who does not read needs no news of who is there.
      if (attachment.sink.bufferedBytes <= attachment.credit.bytes) attachment.sink.send(framed);
    }
    this.toHome({
      kind: "presence",
      ...listPresence(this.attachments.values(), this.lease, limits.attachmentsPerSession),
    });
  }

  #enter(state: SessionState): void {
    if (!isEdge(this.#state.kind, state.kind))
      throw new Error(`session: no way from ${this.#state.kind} to ${state.kind}`);
    this.#state = state;
    const ids = { fleet: this.fleet, sessionId: this.id };
    this.#context.journal.record({ name: "session.state", ...ids, detail: state.kind });
    this.#tellState();
  }

  #tellState(): void {
    this.tellAll({ kind: "status", state: this.#state.kind, atMs: this.#context.wall() });
  }

  #journal(name: string, attachment: Attachment, detail: string): void {
    const { id: attachmentId, operator } = attachment;
    const ids = { fleet: this.fleet, sessionId: this.id, attachmentId, operator };
    this.#context.journal.record({ name, ...ids, detail });
  }
}
