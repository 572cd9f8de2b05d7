import { Backoff, type Clock, Failure, type Random } from "@cmdop/base";
import { limits } from "@cmdop/protocol";
import type { AttachmentEvent, Lease, Participant } from "./attachment-events.ts";
import type { OutputItem } from "./attachment-items.ts";
import { type Input, InputQueue } from "./input-queue.ts";
import { type Accepted, OutputPosition } from "./output-position.ts";
import { canTryAgain, isSessionMissing } from "./reconnect-policy.ts";
import type { Exit, Role, RouteState, SessionInfo } from "./session.ts";
import type {
  AttachedFrame,
  InputAckFrame,
  LeaseFacts,
  ServerFrame,
  ViewportFrame,
} from "./stream-frames.ts";
import type { Dial, Stream } from "./stream-transport.ts";

// The reconnect core of one attachment: which stream carries it, what was received, what input is on its way.
//
// Synchronous. Knows no transport (`dial`), no promise and no real clock. States: connecting (with or without a
// timer until the next try), attached, over; and beside them a candidate, a second stream that takes over after a
// Move while the first still runs.
//
// I1  Delivered output is contiguous across streams, or a gap says what is missing (OutputPosition).
// I2  A frame of a stream that was given up changes nothing.
// I3  Input is sent only while attached with a live route, and after an outage only what the machine has not
//     applied and what is young enough (InputQueue).
// I4  `over` is told exactly once and last; after it no stream, no timer and no waiting input is left.

export interface CoreOptions {
  readonly sessionId: string;
  readonly relays: readonly string[];
  readonly mode: "terminal" | "lossless";
  readonly from: number | undefined;
  readonly role: Role | undefined;
  readonly viewport: ViewportFrame | undefined;
  readonly creditBytes: number;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

export interface CorePorts {
  readonly dial: Dial;
  deliver(item: OutputItem): void;
  emit(event: AttachmentEvent): void;
  over(failure: Failure | undefined): void;
}

export const coreLimits = {
  /** From dialing to Attached. */
  attachTimeoutMs: 10_000,
  /** A restarted relay does not know a session before its machine is back. */
  sessionMissingGraceMs: 30_000,
  /** A stream that stood this long, or brought something on, makes the next loss a first one. */
  steadyMs: 5_000,
  /** Streams in a row that broke at the same offset by skipping output. */
  violationsMax: 3,
  /** No answer to input for this long: ask for the last number. */
  inputStallMs: 5_000,
  busyPauseMs: 100,
  moveJitterMs: 1_000,
  leaseTimeoutMs: 10_000,
  inFlightBytesMax: 256 * 1024,
  pendingBytesMax: 2 * limits.pasteBytesMax,
  pendingInputsMax: 4_096,
  frameBytesMax: limits.frameDataBytesMax,
} as const;

interface Connection {
  readonly relay: string;
  readonly stream: Stream;
  isAttached: boolean;
  attachedAtMs: number;
  isWritable: boolean;
  /** Where it began, then how far it has carried the output. */
  carriedTo: number;
  acked: number;
  /** It brought something on: the next loss is a first one. */
  isUseful: boolean;
  cancelWatchdog: () => void;
  /** Of a candidate, kept until it takes over. */
  readonly held: ServerFrame[];
}

interface LeaseWait {
  readonly action: "take" | "handBack";
  readonly settle: (result: Lease | Failure) => void;
}

const ackEveryBytes = 64 * 1024;

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

const noLease: LeaseFacts = { holder: "", stream: new Uint8Array(0), actor: "unknown", epoch: 0 };

export class AttachmentCore {
  readonly #options: CoreOptions;
  readonly #ports: CorePorts;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #stream: Uint8Array;
  readonly #position: OutputPosition;
  readonly #input: InputQueue;
  readonly #leaseWaits = new Set<LeaseWait>();

  #relays: readonly string[];
  #relayIndex = 0;
  #current: Connection | undefined;
  #candidate: Connection | undefined;
  #cancelRetry: () => void = () => {};
  #cancelMove: () => void = () => {};
  #cancelInputTimer: () => void = () => {};
  #isOver = false;
  #isPaused = false;
  #isTicketExpired = false;
  /** A stream whose connection is not to be used again. */
  #suspect: Stream | undefined;
  #hasRenewedTicket = false;
  #attempt = 0;
  #lostAtMs: number;
  #violations = 0;
  #violationAt: number | undefined;

  #facts: AttachedFrame | undefined;
  #session: SessionInfo | undefined;
  #viewport: ViewportFrame | undefined;
  #leaseFacts = noLease;
  #participants: readonly Participant[] = [];
  #route: RouteState = "waiting";
  #exit: Exit | undefined;
  #consumed: number | undefined;

  constructor(options: CoreOptions, ports: CorePorts) {
    this.#options = options;
    this.#ports = ports;
    this.#clock = options.clock;
    this.#relays = options.relays;
    this.#viewport = options.viewport;
    this.#backoff = new Backoff(undefined, options.random);
    this.#stream = options.random.bytes(16);
    this.#position = new OutputPosition(options.from, options.mode === "terminal");
    this.#input = new InputQueue(coreLimits);
    this.#lostAtMs = this.#clock.nowMs();
  }

  get facts(): AttachedFrame | undefined {
    return this.#facts;
  }

  get session(): SessionInfo | undefined {
    return this.#session;
  }

  get relay(): string {
    return this.#current?.relay ?? this.#relays[this.#relayIndex] ?? "";
  }

  get lease(): Lease {
    const { holder, actor, epoch, stream } = this.#leaseFacts;
    const isMine = holder !== "" && holder === this.#facts?.operator && equalBytes(stream, this.#stream);
    return { holder, actor, epoch, isMine };
  }

  get participants(): readonly Participant[] {
    return this.#participants;
  }

  get route(): RouteState {
    return this.#route;
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  get isConnected(): boolean {
    return this.#current?.isAttached ?? false;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get receivedOffset(): number | undefined {
    return this.#position.next;
  }

  get consumedOffset(): number | undefined {
    return this.#consumed;
  }

  start(): void {
    this.#dialCurrent();
  }

  /** Ends the attachment from this side. */
  detach(failure?: Failure): void {
    this.#end(failure);
  }

  /** Output before `offset` was consumed. `isUrgent`: the relay waits for it (after a gap or a snapshot). */
  consumed(offset: number, isUrgent = false): void {
    this.#consumed = offset;
    this.#acknowledge(isUrgent);
  }

  /** Stops and resumes reading from the relay. */
  setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#current?.stream.pause();
    else this.#current?.stream.resume();
  }

  hasRoomForInput(bytes: number): boolean {
    return this.#input.hasRoomFor(bytes);
  }

  /** Queues input typed now. Returns the way to withdraw what was not sent of it; true when nothing was. */
  write(input: Omit<Input, "epoch" | "atMs">): () => boolean {
    const withdraw = this.#input.push({
      ...input,
      epoch: this.#leaseFacts.epoch,
      atMs: this.#clock.nowMs(),
    });
    this.#pumpInput();
    return withdraw;
  }

  resize(viewport: ViewportFrame): void {
    this.#viewport = viewport;
    if (this.#current?.isAttached) this.#current.stream.send(viewport);
  }

  signal(name: string): boolean {
    if (!this.#current?.isAttached || this.#route !== "live") return false;
    this.#current.stream.send({ kind: "signal", name });
    return true;
  }

  /** Takes the lease or gives it back; returns the way to stop waiting. */
  requestLease(action: LeaseWait["action"], settle: LeaseWait["settle"]): () => void {
    if (action === "take" ? this.lease.isMine : this.#facts && !this.lease.isMine) {
      settle(this.lease);
      return () => {};
    }
    const cancelTimer = this.#clock.after(coreLimits.leaseTimeoutMs, () => {
      if (this.#leaseWaits.delete(wait)) settle(new Failure("timed_out"));
    });
    const wait: LeaseWait = {
      action,
      settle: (result) => {
        cancelTimer();
        settle(result);
      },
    };
    this.#leaseWaits.add(wait);
    this.#sendLeaseRequest(wait);
    return () => {
      cancelTimer();
      this.#leaseWaits.delete(wait);
    };
  }

  // --- Connections

  #dialCurrent(): void {
    this.#current = this.#dial(this.#relayAt(this.#relayIndex), false);
  }

  #relayAt(index: number): string {
    return this.#relays[index % this.#relays.length] ?? "";
  }

  #dial(relay: string, isCandidate: boolean): Connection {
    // The transport may tell of a failure before `dial` returns: nobody is to miss it.
    let connection: Connection | undefined;
    let early: { readonly failure: Failure | undefined } | undefined;
    const stream = this.#ports.dial(
      {
        relay,
        isTicketExpired: this.#isTicketExpired,
        instead: isCandidate ? this.#current?.stream : this.#suspect,
        attach: {
          kind: "attach",
          sessionId: this.#options.sessionId,
          mode: this.#options.mode,
          from: this.#position.next,
          viewport: this.#viewport,
          stream: this.#stream,
          creditBytes: this.#options.creditBytes,
          role: this.#options.role,
        },
      },
      {
        frame: (frame) => {
          if (connection) this.#frame(connection, frame);
        },
        drain: () => {
          if (!connection) return;
          connection.isWritable = true;
          if (connection === this.#current) this.#pumpInput();
        },
        close: (failure) => {
          if (connection) this.#closed(connection, failure);
          else early = { failure };
        },
      },
    );
    this.#isTicketExpired = false;
    this.#suspect = undefined;
    const opened: Connection = {
      relay,
      stream,
      isAttached: false,
      attachedAtMs: 0,
      isWritable: true,
      carriedTo: this.#position.next ?? 0,
      acked: this.#position.next ?? 0,
      isUseful: false,
      cancelWatchdog: () => {},
      held: [],
    };
    opened.cancelWatchdog = this.#clock.after(early ? 0 : coreLimits.attachTimeoutMs, () => {
      if (!early) {
        stream.close();
        this.#suspect = stream;
      }
      this.#closed(opened, early ? early.failure : new Failure("timed_out", "The relay did not answer."));
    });
    connection = opened;
    if (!isCandidate && this.#isPaused) stream.pause();
    return opened;
  }

  #closed(connection: Connection, failure: Failure | undefined): void {
    connection.cancelWatchdog();
    if (connection === this.#candidate) {
      this.#candidate = undefined;
      this.#candidateFailed(failure);
    } else if (connection === this.#current) {
      this.#current = undefined;
      if (connection.isAttached) this.#lost(connection);
      this.#tryAgain(failure ?? new Failure("connection_lost"));
    }
  }

  /** An attached stream ended: the outage begins. */
  #lost(connection: Connection): void {
    const nowMs = this.#clock.nowMs();
    this.#lostAtMs = nowMs;
    this.#input.suspend();
    if (connection.isUseful || nowMs - connection.attachedAtMs >= coreLimits.steadyMs) {
      this.#backoff.reset();
      this.#attempt = 0;
    }
  }

  #tryAgain(failure: Failure): void {
    if (this.#isOver) return;
    const nowMs = this.#clock.nowMs();
    const waitedMs = nowMs - this.#lostAtMs;
    if (failure.code === "token_expired" && !this.#hasRenewedTicket) {
      this.#hasRenewedTicket = true;
      this.#isTicketExpired = true;
    } else if (!canTryAgain(failure)) {
      const isRestarting =
        this.#facts !== undefined && isSessionMissing(failure) && waitedMs < coreLimits.sessionMissingGraceMs;
      if (!isRestarting) {
        this.#end(failure);
        return;
      }
    }
    // The stream that a Move opened goes on where this one broke off.
    if (this.#candidate) {
      const candidate = this.#candidate;
      this.#candidate = undefined;
      this.#current = candidate;
      candidate.isAttached = false;
      if (this.#isPaused) candidate.stream.pause();
      for (const frame of candidate.held.splice(0)) this.#frame(candidate, frame);
      return;
    }
    this.#cancelMove();
    const nextTryMs = Math.max(this.#backoff.nextMs(), failure.retryAfterMs ?? 0);
    if (!this.#facts && waitedMs + nextTryMs > this.#options.connectTimeoutMs) {
      this.#end(failure);
      return;
    }
    this.#attempt += 1;
    // The same relay first: it is back soonest after a restart, and it knows the session.
    if (this.#attempt > 1) this.#relayIndex += 1;
    this.#cancelRetry = this.#clock.after(nextTryMs, () => this.#dialCurrent());
    this.#ports.emit({ type: "reconnecting", attempt: this.#attempt, waitedMs, nextTryMs, cause: failure });
  }

  /** Drops a stream that broke the contract and continues on another one from what was received. */
  #restart(connection: Connection, failure: Failure): void {
    connection.stream.close();
    this.#closed(connection, failure);
  }

  #end(failure: Failure | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelRetry();
    this.#cancelMove();
    this.#cancelInputTimer();
    this.#acknowledge(true);
    for (const connection of [this.#current, this.#candidate]) {
      connection?.cancelWatchdog();
      connection?.stream.close();
    }
    this.#current = undefined;
    this.#candidate = undefined;
    const reason =
      failure ??
      new Failure(this.#exit ? "session_ended" : "cancelled", this.#exit ? undefined : "Detached.");
    this.#input.rejectAll(reason);
    for (const wait of this.#leaseWaits) wait.settle(reason);
    this.#leaseWaits.clear();
    this.#ports.over(failure);
  }

  // --- Moves

  #move(relays: readonly string[], withinMs: number): void {
    if (this.#candidate) return;
    const known = this.#relays.length;
    if (relays.length > 0) {
      this.#relays = [...new Set([...relays, ...this.#options.relays])];
      this.#relayIndex = 0;
    } else if (known > 1) this.#relayIndex = (this.#relayIndex + 1) % known;
    this.#backoff.reset();
    const spreadMs = Math.min(coreLimits.moveJitterMs, withinMs / 4);
    this.#dialCandidate(this.#options.random.fraction() * spreadMs);
  }

  #dialCandidate(delayMs: number): void {
    this.#cancelMove();
    this.#cancelMove = this.#clock.after(delayMs, () => {
      if (this.#current?.isAttached) this.#candidate = this.#dial(this.#relayAt(this.#relayIndex), true);
    });
  }

  #candidateFailed(failure: Failure | undefined): void {
    // A permanent refusal will be met again when the old stream ends; until then it is as good as it was.
    if (failure && !canTryAgain(failure) && !isSessionMissing(failure)) return;
    this.#relayIndex += 1;
    this.#dialCandidate(Math.max(this.#backoff.nextMs(), failure?.retryAfterMs ?? 0));
  }

  /** A candidate takes over as soon as it can deliver; until then the old stream does. */
  #candidateFrame(candidate: Connection, frame: ServerFrame): void {
    if (frame.kind === "attached") candidate.isAttached = true;
    candidate.held.push(frame);
    const isReady =
      frame.kind === "output" ||
      frame.kind === "snapshot" ||
      frame.kind === "gap" ||
      frame.kind === "exit" ||
      (frame.kind === "status" && frame.state !== "waiting");
    if (!isReady || !candidate.isAttached) return;
    const old = this.#current;
    old?.cancelWatchdog();
    old?.stream.close();
    this.#candidate = undefined;
    this.#current = candidate;
    candidate.isAttached = false;
    this.#input.suspend();
    if (this.#isPaused) candidate.stream.pause();
    this.#ports.emit({ type: "moved", relay: candidate.relay });
    for (const held of candidate.held.splice(0)) this.#frame(candidate, held, true);
  }

  // --- Frames

  #frame(connection: Connection, frame: ServerFrame, isMoving = false): void {
    if (this.#isOver) return;
    if (connection === this.#candidate) {
      this.#candidateFrame(connection, frame);
      return;
    }
    if (connection !== this.#current) return;
    if (frame.kind === "attached") {
      this.#attached(connection, frame, isMoving);
      return;
    }
    if (!connection.isAttached) {
      // A fault may come in place of the answer; anything else breaks the order.
      if (frame.kind === "fault") this.#ports.emit({ type: "fault", failure: frame.failure });
      else if (frame.kind !== "unknown")
        this.#restart(connection, new Failure("connection_lost", "The relay did not begin with its answer."));
      return;
    }
    switch (frame.kind) {
      case "output":
        this.#received(connection, frame.offset + frame.bytes.length, this.#position.output(frame));
        break;
      case "gap":
        this.#received(connection, frame.to, this.#position.gap(frame));
        break;
      case "snapshot":
        this.#received(connection, frame.offset, this.#position.snapshot(frame));
        break;
      case "resize":
        this.#resized(frame);
        break;
      case "inputAck":
        this.#inputAck(frame);
        break;
      case "status":
        this.#status(frame.state, isMoving);
        break;
      case "lease":
        this.#leaseChanged(frame.lease);
        break;
      case "presence":
        this.#presenceChanged(frame);
        break;
      case "exit":
        this.#exited(frame.exit);
        break;
      case "fault":
        this.#ports.emit({ type: "fault", failure: frame.failure });
        break;
      case "move":
        this.#move(frame.relays, frame.withinMs);
        break;
      case "unknown":
        break;
    }
  }

  #attached(connection: Connection, frame: AttachedFrame, isMoving: boolean): void {
    if (connection.isAttached) {
      this.#restart(connection, new Failure("connection_lost", "The relay answered twice."));
      return;
    }
    const nowMs = this.#clock.nowMs();
    const isFirst = this.#facts === undefined;
    connection.isAttached = true;
    connection.attachedAtMs = nowMs;
    connection.cancelWatchdog();
    this.#hasRenewedTicket = false;
    this.#facts = frame;
    this.#session = frame.session;
    this.#route = "waiting";
    const { attachmentId, relayId } = frame;
    this.#ports.emit({ type: "attached", attachmentId, relay: connection.relay, relayId });
    if (!isFirst && !isMoving) {
      this.#ports.emit({ type: "reconnected", waitedMs: nowMs - this.#lostAtMs, relay: connection.relay });
    }
    this.#leaseChanged(frame.lease);
    if (frame.session.exit) this.#exited(frame.session.exit);
    else this.#finishIfDone();
  }

  #received(connection: Connection, end: number, accepted: Accepted): void {
    if (!accepted) {
      this.#violation(connection);
      return;
    }
    connection.carriedTo = end;
    if (accepted.length > 0) connection.isUseful = true;
    // Bytes that another stream brought before are consumed already.
    if (accepted.length === 0) this.#acknowledge(false);
    for (const item of accepted) this.#ports.deliver(item);
    this.#finishIfDone();
  }

  #violation(connection: Connection): void {
    const at = this.#position.next;
    this.#violations = at === this.#violationAt ? this.#violations + 1 : 1;
    this.#violationAt = at;
    const failure = new Failure("output_discontinuity");
    this.#ports.emit({ type: "fault", failure });
    if (this.#violations >= coreLimits.violationsMax) this.#end(failure);
    else this.#restart(connection, failure);
  }

  #resized(frame: Extract<ServerFrame, { kind: "resize" }>): void {
    if (this.#session) this.#session = { ...this.#session, cols: frame.cols, rows: frame.rows };
    const next = this.#position.next;
    // A size that lies behind was delivered before, or is in the snapshot.
    if (next !== undefined && frame.offset < next) return;
    this.#ports.deliver(frame);
  }

  #status(state: RouteState, isMoving: boolean): void {
    const before = this.#route;
    this.#route = state;
    if (state !== before) this.#ports.emit({ type: "route", state });
    if (state === "live" && before !== "live") {
      this.#syncInput(!isMoving);
      for (const wait of this.#leaseWaits) this.#sendLeaseRequest(wait);
    } else if (state === "ended") this.#input.rejectAll(new Failure("session_ended"));
    else if (state !== "live") this.#input.suspend();
  }

  #exited(exit: Exit): void {
    if (!this.#exit) {
      this.#exit = exit;
      if (this.#session) this.#session = { ...this.#session, exit, state: "ended" };
      this.#ports.emit({ type: "exit", exit });
    }
    this.#finishIfDone();
  }

  /** The execution has ended and its output is here. */
  #finishIfDone(): void {
    const next = this.#position.next;
    if (!this.#exit || next === undefined || next < this.#exit.finalOffset || this.#isOver) return;
    this.#ports.deliver({ kind: "exit", exit: this.#exit });
    this.#end(undefined);
  }

  // --- Who else is there

  #leaseChanged(lease: LeaseFacts): void {
    const isChanged = lease.epoch !== this.#leaseFacts.epoch || lease.holder !== this.#leaseFacts.holder;
    this.#leaseFacts = lease;
    const now = this.lease;
    if (isChanged) this.#ports.emit({ type: "lease", lease: now });
    for (const wait of this.#leaseWaits) {
      if ((wait.action === "take") !== now.isMine) continue;
      this.#leaseWaits.delete(wait);
      wait.settle(now);
    }
  }

  #sendLeaseRequest(wait: LeaseWait): void {
    if (!this.#current?.isAttached || this.#route !== "live") return;
    this.#current.stream.send({ kind: "leaseRequest", action: wait.action, stream: this.#stream });
  }

  #presenceChanged(frame: Extract<ServerFrame, { kind: "presence" }>): void {
    const self = this.#facts?.attachmentId;
    this.#participants = frame.participants.map((one) => ({ ...one, isSelf: one.attachmentId === self }));
    const { isTruncated } = frame;
    this.#ports.emit({ type: "presence", participants: this.#participants, isTruncated });
  }

  // --- Input

  #syncInput(isOutage: boolean): void {
    const { mustAsk, dropped } = this.#input.startSync({ outage: isOutage, nowMs: this.#clock.nowMs() });
    if (mustAsk) this.#current?.stream.send({ kind: "inputSync", stream: this.#stream });
    this.#tellDropped(dropped);
    this.#pumpInput();
    this.#watchInput();
  }

  #inputAck(frame: InputAckFrame): void {
    const before = this.#input.lastApplied;
    const outcome = this.#input.acked(frame, { nowMs: this.#clock.nowMs(), isHolder: this.lease.isMine });
    this.#tellDropped(outcome.dropped);
    if (outcome.next === "sync") this.#syncInput(false);
    else if (outcome.next === "busy") {
      this.#cancelInputTimer();
      this.#cancelInputTimer = this.#clock.after(coreLimits.busyPauseMs, () => {
        if (this.#input.phase === "holding") this.#syncInput(false);
      });
    } else {
      this.#pumpInput();
      if (this.#input.lastApplied !== before) this.#watchInput();
    }
  }

  #pumpInput(): void {
    const connection = this.#current;
    if (!connection?.isAttached) return;
    const wasIdle = this.#input.inFlight === 0;
    while (connection.isWritable) {
      const frame = this.#input.next(this.#stream);
      if (!frame) break;
      connection.isWritable = connection.stream.send(frame);
    }
    if (wasIdle && this.#input.inFlight > 0) this.#watchInput();
  }

  /** Asks again when nothing comes back: an answer, or what it answers, was lost on the way. */
  #watchInput(): void {
    this.#cancelInputTimer();
    if (this.#input.inFlight === 0 && this.#input.phase !== "syncing") return;
    this.#cancelInputTimer = this.#clock.after(coreLimits.inputStallMs, () => {
      const { phase } = this.#input;
      if (phase === "syncing" || (phase === "open" && this.#input.inFlight > 0)) this.#syncInput(false);
    });
  }

  #tellDropped(dropped: { readonly inputs: number; readonly bytes: number } | undefined): void {
    if (dropped && dropped.inputs > 0) this.#ports.emit({ type: "inputDropped", ...dropped });
  }

  // --- Acknowledgements

  /** Never beyond what this very stream has carried, and seldom enough to cost nothing. */
  #acknowledge(isUrgent: boolean): void {
    const connection = this.#current;
    if (!connection?.isAttached || this.#consumed === undefined) return;
    const offset = Math.min(this.#consumed, connection.carriedTo);
    const credit = this.#facts?.creditBytes || this.#options.creditBytes;
    const threshold = isUrgent ? 1 : Math.min(ackEveryBytes, credit / 8);
    if (Math.abs(offset - connection.acked) < threshold) return;
    connection.acked = offset;
    connection.stream.send({ kind: "ack", offset });
  }
}
