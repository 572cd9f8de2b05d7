import { type Clock, Failure, type Random } from "@cmdop/base";
import type { AttachmentEvent, Lease, Participant } from "./attachment-events.ts";
import type { OutputItem } from "./attachment-items.ts";
import { type Connection, Connections } from "./connections.ts";
import { coreLimits } from "./core-limits.ts";
import type { Input } from "./input-queue.ts";
import { InputSender } from "./input-sender.ts";
import { LeaseDesk } from "./lease-desk.ts";
import { type Accepted, OutputPosition } from "./output-position.ts";
import type { Exit, Role, RouteState, SessionInfo } from "./session.ts";
import type {
  AttachedFrame,
  LeaseFacts,
  PresenceFrame,
  ServerFrame,
  ViewportFrame,
} from "./stream-frames.ts";
import type { Dial } from "./stream-transport.ts";

// The reconnect core of one attachment: what was received, across every stream that carried it (Connections), what
// input is on its way (InputSender), and what is known of the session.
//
// Synchronous. Knows no transport (`dial`), no promise and no real clock.
//
// I1  Delivered output is contiguous across streams, or a gap says what is missing (OutputPosition).
// I2  Input is sent only while attached with a live route, and after an outage only what the machine has not
//     applied and what is young enough (InputQueue).
// I3  Output is acknowledged when it was consumed, and never beyond what the current stream has carried.
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

export class AttachmentCore {
  readonly #options: CoreOptions;
  readonly #ports: CorePorts;
  readonly #stream: Uint8Array;
  readonly #position: OutputPosition;
  readonly #connections: Connections;
  readonly #input: InputSender;
  readonly #leases: LeaseDesk;
  #isOver = false;
  #violations = 0;
  #violationAt: number | undefined;
  #consumed: number | undefined;
  #facts: AttachedFrame | undefined;
  #session: SessionInfo | undefined;
  #viewport: ViewportFrame | undefined;
  #present: PresenceFrame["participants"] = [];
  #route: RouteState = "waiting";
  #exit: Exit | undefined;

  constructor(options: CoreOptions, ports: CorePorts) {
    this.#options = options;
    this.#ports = ports;
    this.#viewport = options.viewport;
    this.#stream = options.random.bytes(16);
    this.#position = new OutputPosition(options.from, options.mode === "terminal");
    const { clock, random, relays, connectTimeoutMs } = options;
    this.#connections = new Connections(
      { relays, clock, random, connectTimeoutMs, dial: ports.dial, attach: () => this.#attachFrame() },
      {
        frame: (connection, frame, isMoving) => this.#frame(connection, frame, isMoving),
        suspended: () => this.#input.suspend(),
        writable: () => this.#input.pump(),
        emit: (event) => ports.emit(event),
        end: (failure) => this.#end(failure),
      },
    );
    this.#input = new InputSender({
      stream: this.#stream,
      clock,
      connections: () => this.#connections,
      dropped: (dropped) => ports.emit({ type: "inputDropped", ...dropped }),
    });
    this.#leases = new LeaseDesk({
      stream: this.#stream,
      clock,
      send: (frame) => {
        if (this.#route === "live") this.#connections.send(frame);
      },
    });
  }

  get facts(): AttachedFrame | undefined {
    return this.#facts;
  }

  get session(): SessionInfo | undefined {
    return this.#session;
  }

  get relay(): string {
    return this.#connections.relay;
  }

  get lease(): Lease {
    return this.#leases.lease;
  }

  get participants(): readonly Participant[] {
    const self = this.#facts?.attachmentId;
    return this.#present.map(({ stream, ...one }) => ({
      ...one,
      isSelf: one.attachmentId === self,
      hasLease: this.#leases.isHeldBy({ operator: one.operator, stream }),
    }));
  }

  get route(): RouteState {
    return this.#route;
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  get isConnected(): boolean {
    return this.#connections.attached !== undefined;
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
    this.#connections.start();
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
    this.#connections.setPaused(isPaused);
  }

  hasRoomForInput(bytes: number): boolean {
    return this.#input.hasRoomFor(bytes);
  }

  /** Queues input typed now. Returns the way to withdraw what was not sent of it; true when nothing was. */
  write(input: Omit<Input, "epoch" | "atMs">): () => boolean {
    const atMs = this.#options.clock.nowMs();
    return this.#input.write({ ...input, epoch: this.lease.epoch, atMs });
  }

  resize(viewport: ViewportFrame): void {
    this.#viewport = viewport;
    this.#connections.send(viewport);
  }

  /** False: the machine cannot be reached, and the signal is lost. */
  signal(name: string): boolean {
    if (!this.isConnected || this.#route !== "live") return false;
    this.#connections.send({ kind: "signal", name });
    return true;
  }

  /** Takes the lease or gives it back; returns the way to stop waiting. */
  requestLease(action: "take" | "handBack", settle: (result: Lease | Failure) => void): () => void {
    return this.#leases.request(action, settle);
  }

  #attachFrame() {
    const { sessionId, mode, creditBytes, role } = this.#options;
    return {
      kind: "attach",
      sessionId,
      mode,
      from: this.#position.next,
      viewport: this.#viewport,
      stream: this.#stream,
      creditBytes,
      role,
    } as const;
  }

  #end(failure: Failure | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#acknowledge(true);
    this.#connections.close();
    const reason =
      failure ?? (this.#exit ? new Failure("session_ended") : new Failure("cancelled", "It was detached."));
    this.#input.close(reason);
    this.#leases.close(reason);
    this.#ports.over(failure);
  }

  // --- Frames

  #frame(connection: Connection, frame: ServerFrame, isMoving: boolean): void {
    if (this.#isOver) return;
    if (frame.kind === "attached") this.#attached(connection, frame, isMoving);
    else if (connection.isAttached) this.#attachedFrame(connection, frame, isMoving);
    // A fault may come in place of the answer; anything else breaks the order.
    else if (frame.kind === "fault") this.#ports.emit({ type: "fault", failure: frame.failure });
    else if (frame.kind !== "unknown") {
      const failure = new Failure("connection_lost", "The relay did not begin with its answer.");
      this.#connections.restart(connection, failure);
    }
  }

  #attachedFrame(
    connection: Connection,
    frame: Exclude<ServerFrame, AttachedFrame>,
    isMoving: boolean,
  ): void {
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
        connection.isUseful = true;
        this.#input.acked(frame, this.lease.isMine);
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
        this.#connections.move(frame.relays, frame.withinMs);
        break;
      case "unknown":
        break;
    }
  }

  #attached(connection: Connection, frame: AttachedFrame, isMoving: boolean): void {
    if (connection.isAttached) {
      this.#connections.restart(connection, new Failure("connection_lost", "The relay answered twice."));
      return;
    }
    const { isFirst, waitedMs } = this.#connections.accept(connection);
    const { relay, asked } = connection;
    // The window was resized while it was being dialed.
    if (this.#viewport && this.#viewport !== asked.viewport) connection.stream.send(this.#viewport);
    this.#facts = frame;
    this.#session = frame.session;
    this.#route = "waiting";
    this.#ports.emit({ type: "attached", attachmentId: frame.attachmentId, relay, relayId: frame.relayId });
    if (!isFirst && !isMoving) this.#ports.emit({ type: "reconnected", waitedMs, relay });
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
    else this.#acknowledge(false);
    for (const item of accepted) this.#ports.deliver(item);
    if (this.#exit) this.#finishIfDone();
  }

  #violation(connection: Connection): void {
    const at = this.#position.next;
    this.#violations = at === this.#violationAt ? this.#violations + 1 : 1;
    this.#violationAt = at;
    const failure = new Failure("output_discontinuity");
    this.#ports.emit({ type: "fault", failure });
    if (this.#violations >= coreLimits.violationsMax) this.#end(failure);
    else this.#connections.restart(connection, failure);
  }

  #resized(frame: Extract<ServerFrame, { kind: "resize" }>): void {
    if (this.#session) this.#session = { ...this.#session, cols: frame.cols, rows: frame.rows };
    const { next } = this.#position;
    // A size that lies behind was delivered before, or is in the snapshot.
    if (next === undefined || frame.offset >= next) this.#ports.deliver(frame);
  }

  #status(state: RouteState, isMoving: boolean): void {
    const before = this.#route;
    this.#route = state;
    if (state !== before) this.#ports.emit({ type: "route", state });
    if (state === "live" && before !== "live") {
      this.#input.sync(!isMoving);
      this.#leases.resume();
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
    const { next } = this.#position;
    if (!this.#exit || next === undefined || next < this.#exit.finalOffset || this.#isOver) return;
    this.#ports.deliver({ kind: "exit", exit: this.#exit });
    this.#end(undefined);
  }

  #leaseChanged(facts: LeaseFacts): void {
    if (!this.#leases.changed(facts, this.#facts?.operator ?? "")) return;
    this.#ports.emit({ type: "lease", lease: this.lease });
  }

  #presenceChanged({ participants, isTruncated }: PresenceFrame): void {
    this.#present = participants;
    this.#ports.emit({ type: "presence", participants: this.participants, isTruncated });
  }

  #acknowledge(isUrgent: boolean): void {
    const connection = this.#connections.attached;
    if (!connection || this.#consumed === undefined) return;
    const offset = Math.min(this.#consumed, connection.carriedTo);
    const credit = this.#facts?.creditBytes || this.#options.creditBytes;
    const threshold = isUrgent ? 1 : Math.min(coreLimits.ackEveryBytes, credit / 8);
    if (Math.abs(offset - connection.acked) < threshold) return;
    connection.acked = offset;
    connection.stream.send({ kind: "ack", offset });
  }
}
