// One home connection of a session: its place in the output, what may be on the way, and what it asked for.
//
// I1 Output goes out in order, each byte once, from the offset that Hello named; what is left out is declared by a
//    Gap before anything after it.
// I2 What is on the way unacknowledged is bounded by a FlightWindow, and a full socket holds back this home alone.
// I3 Snapshots that it asked for and has not got are bounded.

import type { Clock } from "@cmdop/base";
import { encodeFrame, type FrameBody, GapReason, sliceOutput, limits as wireLimits } from "@cmdop/protocol";
import type { ScreenSnapshot } from "../screen/screens.ts";
import type { Backlog } from "./backlog.ts";
import { FlightWindow } from "./flight-window.ts";
import { hostLimits } from "./limits.ts";

/** The way to the other side. */
export interface HomeLink {
  /** Bytes taken and not yet sent. */
  readonly bufferedBytes: number;
  send(framed: Uint8Array): void;
  /** Resolves when the buffer is nearly empty, or the link is over. */
  drained(): Promise<void>;
  readonly isOver: boolean;
  end(): void;
}

/** What a home needs of its session. */
export interface HomeSource {
  readonly backlog: Backlog;
  readonly clock: Clock;
  /** End of the output. */
  head(): number;
  /** The screen for a home that lost its place; undefined where there is none. */
  snapshot(): Promise<ScreenSnapshot | undefined>;
}

export class Home {
  readonly link: HomeLink;
  readonly #source: HomeSource;
  readonly #flight = new FlightWindow({
    bytesMin: hostLimits.unackedBytesMin,
    bytesMax: hostLimits.unackedBytesMax,
  });
  #next: number;
  #cursor: number;
  #acked: number;
  #isResynchronizing = false;
  #isWaitingForDrain = false;
  #snapshotRequests = 0;

  constructor(link: HomeLink, source: HomeSource) {
    this.link = link;
    this.#source = source;
    this.#next = source.backlog.next;
    this.#cursor = source.head();
    this.#acked = source.head();
  }

  /** Number of the backlog's entry that it sends next. */
  get next(): number {
    return this.#isResynchronizing ? 0 : this.#next;
  }

  /** Output that it has not acknowledged, sent or not. */
  get unreadBytes(): number {
    return this.#source.head() - this.#acked;
  }

  get lagBytes(): number {
    return this.#source.head() - this.#cursor;
  }

  send(body: FrameBody): void {
    this.link.send(encodeFrame(body));
  }

  acknowledge(offset: number): void {
    if (offset > this.#cursor || offset <= this.#acked) return;
    this.#acked = offset;
    this.#flight.acknowledged(offset, this.#source.clock.nowMs());
    this.pump();
  }

  /** Sends what may be sent. */
  pump(): void {
    const { backlog } = this.#source;
    while (!this.#isResynchronizing && !this.link.isOver && this.#next < backlog.next) {
      if (this.#cursor - this.#acked >= this.#flight.bytes) return;
      if (this.link.bufferedBytes >= hostLimits.socketBufferBytes) {
        this.#waitForDrain();
        return;
      }
      if (this.#next < backlog.first) {
        this.resynchronize();
        return;
      }
      const entry = backlog.at(this.#next);
      this.#next += 1;
      if (!entry) continue;
      this.link.send(entry.framed);
      this.#cursor = entry.offset + entry.outputBytes;
      if (entry.outputBytes > 0) this.#flight.sent(this.#cursor, this.#acked, this.#source.clock.nowMs());
    }
  }

  async answerSnapshot(requestId: bigint): Promise<void> {
    if (this.#snapshotRequests >= hostLimits.snapshotRequestsMax) {
      this.send({ case: "fault", value: { code: "rate_limited", text: "Too many snapshot requests wait." } });
      return;
    }
    this.#snapshotRequests += 1;
    const snapshot = await this.#source.snapshot().catch(() => undefined);
    this.#snapshotRequests -= 1;
    if (this.link.isOver) return;
    if (snapshot) this.link.send(snapshotFrame(snapshot, requestId));
    else
      this.send({ case: "fault", value: { code: "invalid_argument", text: "This session has no screen." } });
  }

  /** Leaves out what was not sent: gap, snapshot, and live from there. */
  resynchronize(): void {
    if (this.#isResynchronizing) return;
    this.#isResynchronizing = true;
    void this.#skip();
  }

  async #skip(): Promise<void> {
    const drawn = await this.#source.snapshot().catch(() => undefined);
    this.#isResynchronizing = false;
    if (this.link.isOver) return;
    const { backlog } = this.#source;
    const oldest = backlog.at(backlog.first)?.offset ?? this.#source.head();
    // Without a screen, when it failed, or when what follows it is gone, the oldest that is left is as good as any place.
    const snapshot = drawn && drawn.offset >= oldest ? drawn : undefined;
    const to = Math.max(this.#cursor, snapshot?.offset ?? oldest);
    if (to > this.#cursor) {
      this.send({
        case: "gap",
        value: { from: BigInt(this.#cursor), to: BigInt(to), reason: GapReason.SLOW },
      });
    }
    if (snapshot) this.link.send(snapshotFrame(snapshot, 0n));
    this.#cursor = to;
    this.#acked = to;
    this.#flight.forget();
    this.#next = Math.max(this.#next, backlog.find(to));
    const entry = backlog.at(this.#next);
    if (entry && entry.offset < to && entry.offset + entry.outputBytes > to) {
      this.link.send(sliceOutput(entry.framed, to));
      this.#cursor = entry.offset + entry.outputBytes;
      this.#next += 1;
    }
    this.pump();
  }

  #waitForDrain(): void {
    if (this.#isWaitingForDrain) return;
    this.#isWaitingForDrain = true;
    void this.link.drained().then(() => {
      this.#isWaitingForDrain = false;
      this.pump();
    });
  }
}

const snapshotFrame = (snapshot: ScreenSnapshot, requestId: bigint): Uint8Array => {
  const { offset, cols, rows, unicodeVersion, data, title } = snapshot;
  const framed = encodeFrame({
    case: "snapshot",
    value: { offset: BigInt(offset), cols, rows, unicodeVersion, data, title, requestId },
  });
  if (framed.length <= wireLimits.messageBytesMax) return framed;
  return encodeFrame({
    case: "fault",
    value: { code: "message_too_large", text: "The screen does not fit into one message." },
  });
};
