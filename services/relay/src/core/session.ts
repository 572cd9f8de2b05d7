// One session at this relay: the state of its route, its output, and everybody attached. It does not know links,
// machines' states, tokens or transports.
//
// I1 Attachments come and go without an effect on the execution or on each other; nobody owns the session.
// I2 Every change of the route is told to every attachment; LIVE (or ENDED) again means another home: clients
//    synchronize their input.
// I3 The lease is the host's: the newest epoch it said is told to everybody, an older one never.
// I4 Attachments, and everything held for them, are bounded.
import { Failure } from "@cmdop/base";
import type { AttachmentSink, CatalogueAttachment, CatalogueSession } from "../ports.ts";
import { admit } from "./admission.ts";
import type { Attachment } from "./attachment.ts";
import type { CoreFrame, HomeEvent } from "./frames.ts";
import type { Hello, HomeConnection } from "./home-route.ts";
import type { Exit, HostedSession, Lease, SessionInfo } from "./parties.ts";
import { ReaderPace } from "./reader-pace.ts";
import type { AttachRequest } from "./requests.ts";
import type { SessionContext, SessionHooks } from "./session-context.ts";
import { SessionOutput } from "./session-output.ts";
import { SessionPresence } from "./session-presence.ts";
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
  readonly output: SessionOutput;
  lease: Lease = { holder: "", stream: "", actor: undefined, epoch: 0 };
  /** Wall clock of the last output or input. */
  activeAtMs: number;
  /** Of input that was forwarded. */
  inputBytes = 0;
  readonly #context: SessionContext;
  readonly #hooks: SessionHooks;
  readonly #size: SessionSize;
  readonly #pace: ReaderPace;
  readonly #presence: SessionPresence;
  #hosted: HostedSession;
  #state: SessionState;
  #uses = 0;
  #isGone = false;
  /** Since when nobody has been attached. */
  #idleSinceMs: number | undefined;

  constructor({ fleet, machine, hosted, context, hooks }: SessionOptions) {
    const { attachments } = this;
    const later = (): void => hooks.touched();
    this.fleet = fleet;
    this.machine = machine;
    this.id = hosted.sessionId;
    this.#context = context;
    this.#hooks = hooks;
    this.#hosted = hosted;
    this.#idleSinceMs = context.now();
    this.activeAtMs = hosted.createdAtMs;
    this.#pace = new ReaderPace({ attachments, limits: context.limits, now: context.now });
    this.output = new SessionOutput({
      context,
      attachments,
      later,
      end: (attachment, failure) => this.detach(attachment, failure),
      arrived: () => {
        this.activeAtMs = context.wall();
      },
      resized: (geometry) => this.#size.known(geometry),
      exited: (exit) => this.ended(exit),
      mayAcknowledge: () =>
        this.#hosted.waitForReader ? this.#pace.mayAcknowledge() : Number.POSITIVE_INFINITY,
    });
    this.#size = new SessionSize({
      intervalMs: context.limits.resizeIntervalMs,
      parties: () => attachments.values(),
      ask: (size) => this.toHome({ kind: "resize", offset: 0, operator: "", ...size }),
    });
    const home = () => this.home?.sink;
    this.#presence = new SessionPresence({ context, attachments, lease: () => this.lease, home, later });
    this.#state = { kind: "waiting", sinceMs: context.now() };
    if (hosted.exit) this.ended(hosted.exit);
  }

  get state(): SessionState {
    return this.#state;
  }

  get home(): HomeConnection | undefined {
    return this.output.route.current;
  }

  get name(): string {
    return this.#hosted.name;
  }

  get createdAtMs(): number {
    return this.#hosted.createdAtMs;
  }

  /** Always while it runs; ended, while somebody reads it. */
  get needsHome(): boolean {
    return !this.home && (this.#state.kind !== "ended" || this.attachments.size > 0);
  }

  info(): SessionInfo {
    const { window, ladder } = this.output;
    return {
      ...this.#hosted,
      ...(window.geometry ?? {}),
      logStart: Math.max(this.#hosted.logStart, ladder.logStart),
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
    // An agent of before does not say it.
    const waitForReader = hosted.waitForReader || this.#hosted.waitForReader;
    this.#hosted = { ...hosted, waitForReader };
    if (hosted.exit && !this.home) this.ended(hosted.exit);
  }

  // Homes

  /** A home said hello: from here on it is the session's. */
  adopt(home: HomeConnection, hello: Hello): void {
    const { sessionKind: kind, resizePolicy, title, logStart, offset, cols, rows } = hello;
    this.#hosted = { ...this.#hosted, kind, resizePolicy, title, logStart, offset };
    this.output.adopt(home, hello);
    this.#size.known({ cols, rows });
    this.#leaseIs(hello.lease, undefined);
    // The link may have said that it ended before a home that was opened earlier arrives.
    if (this.#state.kind === "ended") this.#tellState();
    else if (hello.exit) this.ended(hello.exit);
    else {
      const wasLost = this.#state.kind === "lost";
      this.#enter({ kind: "live" });
      if (wasLost) this.tell({ change: "updated" });
    }
    this.#presence.tell();
    this.resize(true);
    this.output.served();
  }

  homeClosed(home: HomeConnection): void {
    if (!this.output.left(home)) return;
    if (this.#state.kind !== "ended") this.#enter({ kind: "waiting", sinceMs: this.#context.now() });
    this.#hooks.homeWanted();
  }

  /** Ends the current home from this side. */
  endHome(failure: Failure | undefined): void {
    const { home } = this;
    if (!home) return;
    home.sink.end(failure);
    this.homeClosed(home);
  }

  homeEvent(home: HomeConnection, event: HomeEvent): void {
    if (this.home !== home) return;
    switch (event.kind) {
      case "hello":
        this.endHome(new Failure("unexpected_message"));
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
      default:
        if (event.kind === "snapshot") this.#hosted = { ...this.#hosted, title: event.title };
        this.output.receive(home, event);
    }
  }

  /** False when there is no home. */
  toHome(frame: CoreFrame): boolean {
    const { home } = this;
    home?.sink.send(this.#context.codec.encode(frame));
    return home !== undefined;
  }

  // The end, and the grace window

  ended(exit: Exit): void {
    if (this.#state.kind === "ended") return;
    this.#hosted = { ...this.#hosted, exit };
    this.#enter({ kind: "ended", exit });
    this.output.ended(exit);
    this.tell({ change: "ended" });
  }

  /** The agent said goodbye, or the grace window is over. */
  lost(): void {
    if (this.#state.kind !== "waiting") return;
    this.#enter({ kind: "lost" });
    this.tell({ change: "updated" });
  }

  /** Its machine holds nothing of it: neither the execution nor its log. */
  gone(): void {
    this.#isGone = true;
    if (this.#state.kind === "ended") this.tell({ change: "updated" });
    else {
      const { offset: finalOffset } = this.info();
      this.ended({ code: undefined, signal: "", finalOffset, reason: "lost", atMs: this.#context.wall() });
    }
  }

  /** Tells the catalogue, if there is one. */
  tell(event: Pick<CatalogueSession, "change" | "by" | "attachment">): void {
    const { catalogue } = this.#context;
    if (!catalogue) return;
    const { fleet, inputBytes } = this;
    const outputBytes = this.output.window.isOpen ? this.output.window.end : this.#hosted.offset;
    const isGone = this.#isGone;
    catalogue.session({ ...event, fleet, info: this.info(), isGone, outputBytes, inputBytes });
  }

  // Attachments

  attach(request: AttachRequest, id: string, sink: AttachmentSink): Attachment | Failure {
    const context = this.#context;
    const { fromOffset } = request;
    if (this.attachments.size >= context.limits.attachmentsPerSession)
      return new Failure("too_many_attachments");
    if (fromOffset !== undefined && this.output.ladder.isOutOfReach(fromOffset))
      return new Failure("offset_in_future");
    const attachment = admit({ request, id, sink, kind: this.#hosted.kind, context });
    this.attachments.set(id, attachment);
    this.#idleSinceMs = undefined;
    this.used(attachment);
    for (const frame of this.#opening(attachment)) sink.send(context.codec.encode(frame));
    this.#journal("session.attached", attachment, attachment.role);
    attachment.beganAt = fromOffset ?? this.output.window.end;
    this.tell({ change: "attached", attachment: toCatalogue(attachment, undefined) });
    this.#presence.changed();
    if (attachment.viewport) this.resize(false);
    this.output.ladder.place(attachment);
    this.#hooks.homeWanted();
    return attachment;
  }

  /** Ends an attachment's stream, unless its peer closed it. */
  detach(attachment: Attachment, failure: Failure | undefined, isClosed = false): void {
    if (attachment.isEnded) return;
    this.output.ladder.detach(attachment);
    attachment.enter({ kind: "ended" });
    this.attachments.delete(attachment.id);
    this.#pace.left(attachment);
    this.output.route.acknowledge();
    if (!isClosed) attachment.sink.end(failure);
    this.#journal("session.detached", attachment, failure?.code ?? "closed");
    this.tell({ change: "detached", attachment: toCatalogue(attachment, failure?.code ?? "closed") });
    if (this.attachments.size === 0) this.#idleSinceMs = this.#context.now();
    this.#presence.changed();
    this.resize(false);
  }

  /** The attachment is the one most recently in use. */
  used(attachment: Attachment): void {
    this.#uses += 1;
    attachment.usedAt = this.#uses;
  }

  /** Urgent: before the input that caused it. */
  resize(isUrgent: boolean): void {
    const { kind, resizePolicy } = this.#hosted;
    if (kind === "command") return;
    if (this.#size.apply(resizePolicy, this.#context.now(), isUrgent)) this.#hooks.touched();
  }

  viewportChanged(): void {
    this.resize(false);
    this.#presence.changed();
  }

  tellAll(frame: CoreFrame): void {
    if (this.attachments.size === 0) return;
    const framed = this.#context.codec.encode(frame);
    for (const attachment of this.attachments.values()) attachment.sink.send(framed);
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

  // Time

  /** Sends what was coalesced; true when something still waits. */
  flush(nowMs: number): boolean {
    this.output.flush();
    if (this.#size.isPending) this.resize(false);
    return this.#presence.flush(nowMs) || this.#size.isPending;
  }

  sweep(nowMs: number): void {
    const { limits } = this.#context;
    if (this.#state.kind === "waiting" && nowMs - this.#state.sinceMs >= limits.graceMs) this.lost();
    for (const attachment of this.attachments.values()) {
      if (nowMs >= attachment.endsAtMs) this.detach(attachment, new Failure("token_limit_reached"));
      else if (attachment.sink.bufferedBytes > limits.unsentBytesMax + attachment.credit.bytes)
        this.detach(attachment, new Failure("slow_consumer"));
    }
    this.output.sweep(nowMs);
    if ((this.home?.sink.bufferedBytes ?? 0) > limits.homeUnsentEndBytes)
      this.endHome(new Failure("slow_consumer"));
    const isIdle = this.#idleSinceMs !== undefined && nowMs - this.#idleSinceMs >= limits.endedHomeIdleMs;
    if (this.#state.kind === "ended" && isIdle) this.endHome(undefined);
  }

  #opening(attachment: Attachment): readonly CoreFrame[] {
    const { relayId, wall } = this.#context;
    const { id: attachmentId, operator, role, actor, credit, credential } = attachment;
    const who = { attachmentId, operator, role, actor, creditBytes: credit.bytes };
    const endsAtMs = credential.limitMs === undefined ? 0 : wall() + credential.limitMs;
    return [
      { kind: "attached", ...who, session: this.info(), lease: this.lease, endsAtMs, relayId },
      { kind: "lease", lease: this.lease },
      this.#presence.frame(),
      { kind: "status", state: this.#state.kind, atMs: wall() },
    ];
  }

  #leaseIs(lease: Lease, framed: Uint8Array | undefined): void {
    const isSame = lease.epoch === this.lease.epoch && lease.holder === this.lease.holder;
    if (isSame || lease.epoch < this.lease.epoch) return;
    this.lease = lease;
    const bytes = framed ?? this.#context.codec.encode({ kind: "lease", lease });
    for (const attachment of this.attachments.values()) attachment.sink.send(bytes);
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

const toCatalogue = (attachment: Attachment, reason: string | undefined): CatalogueAttachment => {
  const { id, operator, actor, credential, role, attachedAtMs, cursor, beganAt = 0 } = attachment;
  return {
    id,
    operator,
    actor,
    credential,
    role,
    attachedAtMs,
    outputBytes: Math.max(0, cursor - beganAt),
    reason,
  };
};
