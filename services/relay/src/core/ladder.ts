// The ladder of resynchronization of one session: window, then the host's log, then a declared gap (with a snapshot
// for terminals). It does not know which home answers; it asks through `HomeRequests`.
//
// I1 Every byte is sent to an attachment exactly once in order, or lies in a gap that was declared to it before
//    anything after it was sent.
// I2 A gap to a terminal is followed at once by a snapshot at the gap's end.
// I3 One snapshot request is under way at most, however many wait for it; log requests are bounded per session and
//    are one per attachment, at most as large as its free credit.
import { Failure } from "@cmdop/base";
import { type Attachment, noCursor } from "./attachment.ts";
import type { Delivery, DeliveryCounters } from "./delivery.ts";
import type { GapReason, HomeEvent, LogFrame } from "./frames.ts";
import type { HomeRequests } from "./home-requests.ts";
import type { Limits } from "./limits.ts";

export type SnapshotEvent = Extract<HomeEvent, { kind: "snapshot" }>;

export interface LadderOptions {
  readonly delivery: Delivery;
  readonly attachments: ReadonlyMap<string, Attachment>;
  readonly requests: HomeRequests;
  readonly limits: Limits;
  readonly counters: DeliveryCounters;
  readonly now: () => number;
  /** Whether an offset beyond the head can still come true. */
  readonly mayGrow: () => boolean;
  readonly end: (attachment: Attachment, failure: Failure) => void;
}

export class Ladder {
  readonly #options: LadderOptions;
  readonly #delivery: Delivery;
  /** First byte that the host's log holds, as far as it is known. */
  logStart = 0;
  #aheadCount = 0;
  /** In order of waiting, so that a few long readers do not keep the others out. */
  readonly #logQueue = new Set<Attachment>();

  constructor(options: LadderOptions) {
    this.#options = options;
    this.#delivery = options.delivery;
  }

  /** Decides anew how an attachment gets from its cursor to the head. Not for live ones at the head. */
  place(attachment: Attachment): void {
    const { window } = this.#delivery;
    if (!window.isOpen || attachment.isEnded) return;
    const { cursor } = attachment;
    if (cursor === noCursor) this.#wantSnapshot(attachment, "skipped", 0);
    else if (cursor > window.end) this.#placeAhead(attachment);
    else if (cursor < window.start) this.#placeBehind(attachment);
    else {
      this.#leaveLog(attachment);
      this.#delivery.replay(attachment);
    }
  }

  /** Whether an offset lies so far beyond the head that it never was this session's. */
  isOutOfReach(offset: number): boolean {
    const { window } = this.#delivery;
    if (!window.isOpen || offset <= window.end) return false;
    return !this.#options.mayGrow() || offset - window.end > this.#options.limits.aheadBytesMax;
  }

  /** Credit came back. */
  resume(attachment: Attachment): void {
    if (attachment.isReplaying || !attachment.credit.isHalfFree(attachment.cursor)) return;
    if (attachment.phase.kind === "log") {
      this.pump();
      return;
    }
    if (attachment.phase.kind !== "paused") return;
    const { window } = this.#delivery;
    const backlog = window.end - attachment.cursor;
    const bound = Math.max(attachment.credit.bytes, this.#options.limits.resumeBytes);
    const isSlow = backlog > bound || attachment.cursor < window.start;
    if (attachment.mode === "terminal" && isSlow)
      this.#wantSnapshot(attachment, "slow", attachment.cursor + 1);
    else this.place(attachment);
  }

  /** A snapshot at or beyond `atLeast` is to take the place of what `attachment` will not get. */
  #wantSnapshot(attachment: Attachment, reason: GapReason, atLeast: number): void {
    this.detach(attachment);
    const deadlineMs = this.#options.now() + this.#options.limits.snapshotDeadlineMs;
    attachment.enter({ kind: "snapshot", reason, atLeast, deadlineMs });
    this.#options.requests.snapshot();
  }

  /** A snapshot arrived, asked for or not: it serves everybody who waits and has nothing beyond it. */
  snapshot(event: SnapshotEvent): void {
    this.#options.requests.snapshotAnswered(event.requestId);
    for (const attachment of this.#options.attachments.values()) {
      const { phase, cursor } = attachment;
      if (phase.kind !== "snapshot" || Math.max(cursor, phase.atLeast) > event.offset) continue;
      this.#delivery.gap(attachment, event.offset, phase.reason, event.framed.byteLength);
      attachment.geometry = { cols: event.cols, rows: event.rows };
      this.#options.counters.snapshots += 1;
      attachment.sink.send(event.framed);
      // A screen may be newer than the output seen here: the output is on its way.
      if (event.offset > this.#delivery.window.end) this.#enterAhead(attachment, Number.POSITIVE_INFINITY);
      else this.place(attachment);
    }
    // The screen lags: ask again with the next tick, not in a loop.
    if (this.#isSnapshotWanted()) this.#options.requests.snapshotLater();
  }

  /** The window was reset: nobody can be served from before its start. */
  windowMoved(reason: GapReason): void {
    for (const attachment of this.#options.attachments.values()) {
      const { kind } = attachment.phase;
      // Paused ones look when their credit comes back; those that wait for a snapshot go on waiting.
      if (kind === "paused" || kind === "snapshot") continue;
      if (
        attachment.mode === "terminal" &&
        kind === "live" &&
        attachment.cursor < this.#delivery.window.start
      )
        this.#wantSnapshot(attachment, reason, this.#delivery.window.start);
      else this.place(attachment);
    }
  }

  /** The head moved: some may be ahead no more. */
  headMoved(): void {
    if (this.#aheadCount === 0) return;
    this.#aheadCount = 0;
    for (const attachment of this.#options.attachments.values()) {
      if (attachment.phase.kind !== "ahead") continue;
      if (attachment.cursor <= this.#delivery.window.end) this.place(attachment);
      else this.#aheadCount += 1;
    }
  }

  /** A home is there (again): ask it for what everybody waits for. */
  homeArrived(): void {
    const { now, limits } = this.#options;
    for (const attachment of this.#options.attachments.values()) {
      attachment.logRequest = undefined;
      const { phase } = attachment;
      if (phase.kind === "arriving" || phase.kind === "ahead" || phase.kind === "log") this.place(attachment);
      else if (phase.kind === "snapshot")
        attachment.enter({ ...phase, deadlineMs: now() + limits.snapshotDeadlineMs });
    }
    if (this.#isSnapshotWanted()) this.#options.requests.snapshot();
    this.pump();
  }

  homeLeft(): void {
    for (const attachment of this.#options.attachments.values()) attachment.logRequest = undefined;
  }

  /** Starts log requests for those that read the log, as far as bounds and credit allow. */
  pump(): void {
    const { requests, limits, now } = this.#options;
    for (const attachment of this.#logQueue) {
      if (!requests.canReadLog()) return;
      const { cursor, credit } = attachment;
      if (!credit.isHalfFree(cursor)) continue;
      const room = Math.min(limits.logStepBytes, credit.end - cursor);
      const to = Math.min(cursor + room, this.#delivery.window.start);
      this.#logQueue.delete(attachment);
      const id = requests.nextId();
      attachment.logRequest = { id, from: cursor, deadlineMs: now() + limits.logDeadlineMs };
      requests.readLog(id, cursor, to, attachment);
    }
  }

  /** A part of the log for one attachment. */
  logged(attachment: Attachment, requestId: number, frame: LogFrame): void {
    if (attachment.phase.kind !== "log" || attachment.logRequest?.id !== requestId) return;
    if (frame.kind === "resize") this.#delivery.tell(attachment, frame, frame.framed);
    else if (frame.to <= attachment.cursor) return;
    else if (frame.kind === "gap") this.#loggedGap(attachment, frame.to, frame.reason);
    else {
      if (frame.from > attachment.cursor) this.#loggedGap(attachment, frame.from, "lost");
      // A terminal waits for a snapshot instead by now.
      if (attachment.logRequest?.id === requestId)
        this.#delivery.sendLogged(attachment, frame.from, frame.to, frame.framed);
    }
  }

  /** The end of one log request. */
  logDone(attachment: Attachment, requestId: number): void {
    const request = attachment.logRequest;
    if (request?.id !== requestId) return;
    attachment.logRequest = undefined;
    // The host has nothing there and did not say so: declare it rather than ask for ever.
    if (attachment.cursor <= request.from) this.#loggedGap(attachment, this.#delivery.window.start, "lost");
    if (attachment.phase.kind === "log") this.place(attachment);
    this.pump();
  }

  /** Called with every sweep while a home is live. */
  sweep(nowMs: number): void {
    for (const attachment of this.#options.attachments.values()) {
      const { phase, logRequest } = attachment;
      if (phase.kind === "snapshot" && nowMs >= phase.deadlineMs)
        this.#options.end(attachment, new Failure("timed_out", "The session's screen did not come in time."));
      else if (phase.kind === "ahead" && nowMs >= phase.deadlineMs)
        this.#options.end(attachment, new Failure("offset_in_future"));
      else if (logRequest && nowMs >= logRequest.deadlineMs)
        this.#options.end(attachment, new Failure("timed_out", "The session's log did not answer in time."));
    }
  }

  detach(attachment: Attachment): void {
    this.#delivery.leaveLive(attachment);
    this.#leaveLog(attachment);
  }

  #placeAhead(attachment: Attachment): void {
    const { limits, now, end } = this.#options;
    if (this.isOutOfReach(attachment.cursor)) {
      end(attachment, new Failure("offset_in_future"));
      return;
    }
    this.#enterAhead(attachment, now() + limits.aheadMs);
  }

  #enterAhead(attachment: Attachment, deadlineMs: number): void {
    this.detach(attachment);
    this.#aheadCount += 1;
    attachment.enter({ kind: "ahead", deadlineMs });
  }

  #placeBehind(attachment: Attachment): void {
    const { window } = this.#delivery;
    if (attachment.mode === "terminal") {
      if (window.end - attachment.cursor > this.#options.limits.terminalReplayBytesMax) {
        this.#wantSnapshot(attachment, "slow", window.start);
        return;
      }
      if (attachment.cursor < this.logStart) {
        this.#wantSnapshot(attachment, "expired", this.logStart);
        return;
      }
    } else if (attachment.cursor < this.logStart) {
      this.#delivery.gap(attachment, Math.min(this.logStart, window.end), "expired", 0);
      this.place(attachment);
      return;
    }
    this.#delivery.leaveLive(attachment);
    attachment.enter({ kind: "log" });
    if (!attachment.logRequest) this.#logQueue.add(attachment);
    this.pump();
  }

  #loggedGap(attachment: Attachment, to: number, reason: GapReason): void {
    const end = Math.min(to, this.#delivery.window.end);
    if (attachment.mode === "terminal") this.#wantSnapshot(attachment, reason, end);
    else this.#delivery.gap(attachment, end, reason, 0);
  }

  #isSnapshotWanted(): boolean {
    for (const attachment of this.#options.attachments.values())
      if (attachment.phase.kind === "snapshot") return true;
    return false;
  }

  #leaveLog(attachment: Attachment): void {
    this.#logQueue.delete(attachment);
    if (!attachment.logRequest) return;
    this.#options.requests.forget(attachment.logRequest.id);
    attachment.logRequest = undefined;
  }
}
