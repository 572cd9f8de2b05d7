import { Backoff, type Clock, Failure, type Random } from "@cmdop/base";
import type { AttachmentEvent } from "./attachment-events.ts";
import { coreLimits } from "./core-limits.ts";
import { canTryAgain, isSessionMissing } from "./reconnect-policy.ts";
import type { AttachFrame, ClientFrame, ServerFrame } from "./stream-frames.ts";
import type { Dial, Stream } from "./stream-transport.ts";

// Which stream carries an attachment: the current one, the wait until the next try, and beside them a candidate, a
// second stream that takes over after a Move while the first still runs.
//
// Knows no output and no input: it hands frames on.
//
// I1  A frame of a stream that was given up is never handed on.
// I2  At any time there is a current stream, or a try is planned, or `end` was called.
// I3  A candidate takes over when it can deliver, or when the old stream is gone; never both deliver.

export interface Connection {
  readonly relay: string;
  readonly stream: Stream;
  /** What it was dialed with; that was a while before it is attached. */
  readonly asked: AttachFrame;
  isAttached: boolean;
  attachedAtMs: number;
  isWritable: boolean;
  /** It brought something on: the next loss is a first one. */
  isUseful: boolean;
  /** How far it has carried the output; at first, where it was asked to begin. */
  carriedTo: number;
  acked: number;
  cancelWatchdog: () => void;
  /** A candidate's, kept until it takes over. */
  readonly held: ServerFrame[];
}

export interface ConnectionsOptions {
  readonly relays: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  /** How long the first attach is tried. */
  readonly connectTimeoutMs: number;
  readonly dial: Dial;
  /** What to ask for now. */
  readonly attach: () => AttachFrame;
}

export interface ConnectionsOwner {
  /** Of the current connection. `isMoving`: it took over without an outage. */
  frame(connection: Connection, frame: ServerFrame, isMoving: boolean): void;
  /** Nothing can be sent any more: an attached stream ended, or another takes over. */
  suspended(): void;
  /** The current stream takes more. */
  writable(): void;
  emit(event: AttachmentEvent): void;
  /** There is no use in trying again. */
  end(failure: Failure): void;
}

const nothing = (): void => {};

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #owner: ConnectionsOwner;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  #relays: readonly string[];
  #relayIndex = 0;
  #current: Connection | undefined;
  #candidate: Connection | undefined;
  #cancelRetry = nothing;
  #cancelMove = nothing;
  #isClosed = false;
  #isPaused = false;
  #wasAttached = false;
  #isTicketExpired = false;
  #hasRenewedTicket = false;
  /** A stream whose connection is not to be used again. */
  #suspect: Stream | undefined;
  #attempt = 0;
  #lostAtMs: number;
  /** Since when relays answer that there is no such session; undefined: they do not. */
  #missingSinceMs: number | undefined;

  constructor(options: ConnectionsOptions, owner: ConnectionsOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#clock = options.clock;
    this.#relays = options.relays;
    this.#backoff = new Backoff(undefined, options.random);
    this.#lostAtMs = this.#clock.nowMs();
  }

  /** The stream that carries the attachment now; undefined while none is attached. */
  get attached(): Connection | undefined {
    return this.#current?.isAttached ? this.#current : undefined;
  }

  get relay(): string {
    return this.#current?.relay ?? this.#relayAt(this.#relayIndex);
  }

  start(): void {
    this.#dialCurrent();
  }

  send(frame: ClientFrame): boolean {
    return this.attached?.stream.send(frame) ?? true;
  }

  setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#current?.stream.pause();
    else this.#current?.stream.resume();
  }

  /** The relay answered. How long the attachment was away. */
  accept(connection: Connection): { readonly isFirst: boolean; readonly waitedMs: number } {
    const nowMs = this.#clock.nowMs();
    const isFirst = !this.#wasAttached;
    this.#wasAttached = true;
    this.#missingSinceMs = undefined;
    this.#hasRenewedTicket = false;
    connection.isAttached = true;
    connection.attachedAtMs = nowMs;
    connection.cancelWatchdog();
    return { isFirst, waitedMs: nowMs - this.#lostAtMs };
  }

  /** Drops a stream that broke the contract, and tries again. */
  restart(connection: Connection, failure: Failure): void {
    connection.stream.close();
    this.#closed(connection, failure);
  }

  /** The relay asks to go elsewhere while this stream still runs. */
  move(relays: readonly string[], withinMs: number): void {
    if (this.#candidate) return;
    if (relays.length > 0) {
      this.#relays = [...new Set([...relays, ...this.#options.relays])];
      this.#relayIndex = 0;
    } else this.#relayIndex += 1;
    this.#backoff.reset();
    const spreadMs = Math.min(coreLimits.moveJitterMs, withinMs / 4);
    this.#dialCandidate(this.#options.random.fraction() * spreadMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry();
    this.#cancelMove();
    for (const connection of [this.#current, this.#candidate]) {
      connection?.cancelWatchdog();
      connection?.stream.close();
    }
    this.#current = undefined;
    this.#candidate = undefined;
  }

  // --- Dialing

  #relayAt(index: number): string {
    return this.#relays[index % this.#relays.length] ?? "";
  }

  #dialCurrent(): void {
    this.#current = this.#dial(this.#relayAt(this.#relayIndex), this.#suspect);
    this.#suspect = undefined;
    if (this.#isPaused) this.#current.stream.pause();
  }

  #dial(relay: string, instead: Stream | undefined): Connection {
    const attach = this.#options.attach();
    // The transport may tell of a failure before `dial` returns: nobody is to miss it.
    let connection: Connection | undefined;
    let early: { readonly failure: Failure | undefined } | undefined;
    const stream = this.#options.dial(
      { relay, isTicketExpired: this.#isTicketExpired, instead, attach },
      {
        frame: (frame) => {
          if (connection) this.#frame(connection, frame);
        },
        drain: () => {
          if (!connection) return;
          connection.isWritable = true;
          if (connection === this.#current) this.#owner.writable();
        },
        close: (failure) => {
          if (connection) this.#closed(connection, failure);
          else early = { failure };
        },
      },
    );
    this.#isTicketExpired = false;
    const from = attach.from ?? 0;
    const opened: Connection = {
      relay,
      stream,
      asked: attach,
      isAttached: false,
      attachedAtMs: 0,
      isWritable: true,
      isUseful: false,
      carriedTo: from,
      acked: from,
      cancelWatchdog: nothing,
      held: [],
    };
    opened.cancelWatchdog = this.#clock.after(early ? 0 : coreLimits.attachTimeoutMs, () => {
      if (early) this.#closed(opened, early.failure);
      else {
        stream.close();
        this.#suspect = stream;
        this.#closed(opened, new Failure("timed_out", "The relay did not answer."));
      }
    });
    connection = opened;
    return opened;
  }

  // --- Ends

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
    this.#owner.suspended();
    if (connection.isUseful || nowMs - connection.attachedAtMs >= coreLimits.steadyMs) {
      this.#backoff.reset();
      this.#attempt = 0;
    }
  }

  #tryAgain(failure: Failure): void {
    if (this.#isClosed) return;
    const waitedMs = this.#clock.nowMs() - this.#lostAtMs;
    if (!isSessionMissing(failure)) this.#missingSinceMs = undefined;
    if (failure.code === "token_expired" && !this.#hasRenewedTicket) {
      this.#hasRenewedTicket = true;
      this.#isTicketExpired = true;
    } else if (!canTryAgain(failure) && !this.#isRestarting(failure)) {
      this.#owner.end(failure);
      return;
    }
    if (this.#candidate) {
      this.#promote(this.#candidate, false);
      return;
    }
    this.#cancelMove();
    const nextTryMs = Math.max(this.#backoff.nextMs(), failure.retryAfterMs ?? 0);
    if (!this.#wasAttached && waitedMs + nextTryMs > this.#options.connectTimeoutMs) {
      this.#owner.end(failure);
      return;
    }
    this.#attempt += 1;
    // The same relay first: it is back soonest after a restart, and it knows the session.
    if (this.#attempt > 1) this.#relayIndex += 1;
    this.#cancelRetry = this.#clock.after(nextTryMs, () => this.#dialCurrent());
    this.#owner.emit({ type: "reconnecting", attempt: this.#attempt, waitedMs, nextTryMs, cause: failure });
  }

  /**
   * The grace counts from the first such answer, not from the loss: a relay that was away for an hour, too, is back
   * before the machines are.
   */
  #isRestarting(failure: Failure): boolean {
    if (!this.#wasAttached || !isSessionMissing(failure)) return false;
    const nowMs = this.#clock.nowMs();
    this.#missingSinceMs ??= nowMs;
    return nowMs - this.#missingSinceMs < coreLimits.sessionMissingGraceMs;
  }

  // --- Candidates

  #dialCandidate(delayMs: number): void {
    this.#cancelMove();
    this.#cancelMove = this.#clock.after(delayMs, () => {
      if (!this.#current?.isAttached) return;
      this.#candidate = this.#dial(this.#relayAt(this.#relayIndex), this.#current.stream);
    });
  }

  #candidateFailed(failure: Failure | undefined): void {
    // A permanent refusal will be met again when the old stream ends; until then it is as good as it was.
    if (this.#isClosed || (failure && !canTryAgain(failure) && !isSessionMissing(failure))) return;
    this.#relayIndex += 1;
    this.#dialCandidate(Math.max(this.#backoff.nextMs(), failure?.retryAfterMs ?? 0));
  }

  /** What a candidate says is kept until it shows that it can deliver. */
  #candidateFrame(candidate: Connection, frame: ServerFrame): void {
    candidate.held.push(frame);
    if (frame.kind === "attached") candidate.isAttached = true;
    const delivers =
      frame.kind === "output" ||
      frame.kind === "snapshot" ||
      frame.kind === "gap" ||
      frame.kind === "exit" ||
      (frame.kind === "status" && frame.state !== "waiting");
    if (!delivers || !candidate.isAttached) return;
    this.#current?.cancelWatchdog();
    this.#current?.stream.close();
    this.#owner.suspended();
    this.#owner.emit({ type: "moved", relay: candidate.relay });
    this.#promote(candidate, true);
  }

  #promote(candidate: Connection, isMoving: boolean): void {
    this.#candidate = undefined;
    this.#current = candidate;
    if (this.#isPaused) candidate.stream.pause();
    // Its answer is handed on anew.
    candidate.isAttached = false;
    for (const frame of candidate.held.splice(0)) {
      if (candidate !== this.#current) return;
      this.#owner.frame(candidate, frame, isMoving);
    }
  }

  #frame(connection: Connection, frame: ServerFrame): void {
    if (this.#isClosed) return;
    if (connection === this.#candidate) this.#candidateFrame(connection, frame);
    else if (connection === this.#current) this.#owner.frame(connection, frame, false);
  }
}
