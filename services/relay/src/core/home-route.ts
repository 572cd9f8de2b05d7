// The way from a session's host to its head: which home is current, and how its bytes join what came before. It does
// not know attachments; what is new goes to the session in order through `HomeRouteEvents`.
//
// I1 At most one home is current; a newer one that said hello detaches the older before its first byte counts.
// I2 What goes on is contiguous with the head: bytes that are there already are cut off, bytes that are missing are
//    fetched from the log first or declared as a gap.
// I3 What waits while older bytes are fetched is bounded; at the bound the missing part becomes a gap.
import { Failure } from "@cmdop/base";
import type { FrameCodec, HomeSink } from "../ports.ts";
import type { GapReason, HomeEvent, LogFrame } from "./frames.ts";
import type { HomeRequests } from "./home-requests.ts";
import type { Limits } from "./limits.ts";
import type { Exit, Geometry } from "./parties.ts";

export type Hello = Extract<HomeEvent, { kind: "hello" }>;
type LogChunk = Extract<HomeEvent, { kind: "logChunk" }>;
type StreamItem = LogFrame | { readonly kind: "exit"; readonly exit: Exit };

/** A home's state; greeting homes are not current yet. */
type Flow =
  | { readonly kind: "away" }
  | { readonly kind: "live"; readonly home: HomeConnection }
  | {
      readonly kind: "filling";
      readonly home: HomeConnection;
      readonly requestId: number;
      readonly hello: Hello;
      /** Head when the request was sent. */
      readonly askedAt: number;
      readonly waiting: StreamItem[];
      readonly deadlineMs: number;
    };

export interface HomeConnection {
  readonly sink: HomeSink;
  /** Up to where its output came, and was acknowledged to it. */
  next: number;
  acked: number;
}

export interface HomeRouteEvents {
  output(to: number, framed: Uint8Array): void;
  resize(geometry: Geometry, framed: Uint8Array): void;
  /** [head, to) cannot be had: the window starts anew at `to`. */
  gap(to: number, reason: GapReason): void;
  exit(exit: Exit): void;
  /** The head is where the home's live output begins: its hello describes it. */
  joined(hello: Hello): void;
}

export interface HomeRouteOptions {
  readonly codec: FrameCodec;
  readonly limits: Limits;
  readonly requests: HomeRequests;
  readonly events: HomeRouteEvents;
  readonly head: () => number;
  readonly now: () => number;
  /** Up to where output may be acknowledged to the home. */
  readonly mayAcknowledge: () => number;
}

export class HomeRoute {
  readonly #options: HomeRouteOptions;
  #flow: Flow = { kind: "away" };
  #waitingBytes = 0;

  constructor(options: HomeRouteOptions) {
    this.#options = options;
  }

  get current(): HomeConnection | undefined {
    return this.#flow.kind === "away" ? undefined : this.#flow.home;
  }

  /** Makes a home that said hello the current one and sees to it that nothing is missing. */
  adopt(home: HomeConnection, hello: Hello): void {
    const { head, limits, requests, events } = this.#options;
    const older = this.current;
    this.#leave();
    older?.sink.end(new Failure("superseded", "A newer home of this session took over."));
    home.next = hello.offset;
    home.acked = hello.offset;
    requests.begin(home.sink);
    this.#flow = { kind: "live", home };
    const missing = hello.offset - head();
    if (missing > 0 && missing <= limits.windowBytes) {
      this.#fill(home, hello, []);
      return;
    }
    if (missing > 0) events.gap(hello.offset, "slow");
    if (missing >= 0) events.joined(hello);
  }

  /** True when it was the current one. */
  closed(home: HomeConnection): boolean {
    if (this.current !== home) return false;
    this.#leave();
    return true;
  }

  output(home: HomeConnection, from: number, to: number, framed: Uint8Array): void {
    const flow = this.#flow;
    if (flow.kind === "away" || flow.home !== home || to <= from) return;
    home.next = Math.max(home.next, to);
    if (flow.kind === "filling") {
      this.#hold(flow, { kind: "output", from, to, framed }, framed.byteLength);
      return;
    }
    if (from === this.#options.head()) this.#options.events.output(to, framed);
    else this.#joinOutput(from, to, framed);
    this.#ack(home);
  }

  /** Resize, gap or exit, in their place among the output. */
  item(home: HomeConnection, item: StreamItem): void {
    const flow = this.#flow;
    if (flow.kind === "away" || flow.home !== home) return;
    if (item.kind === "gap") home.next = Math.max(home.next, item.to);
    if (flow.kind === "filling") {
      this.#hold(flow, item, item.kind === "resize" ? item.framed.byteLength : 0);
      return;
    }
    this.#join(item);
    // A gap counts as consumed: else the host would wait for its bytes.
    this.#ack(home);
  }

  /** An answer to the route's own request; false when it belongs to somebody else. */
  logChunk(home: HomeConnection, chunk: LogChunk): boolean {
    const flow = this.#flow;
    if (flow.kind !== "filling" || flow.home !== home || chunk.requestId !== flow.requestId) return false;
    if (chunk.frame) this.#join(chunk.frame);
    if (!chunk.done) return true;
    const head = this.#options.head();
    if (head >= flow.hello.offset) this.#finish(flow);
    else if (head > flow.askedAt) this.#fill(home, flow.hello, flow.waiting);
    else this.#giveUp(flow, "lost");
    return true;
  }

  sweep(nowMs: number): void {
    if (this.#flow.kind === "filling" && nowMs >= this.#flow.deadlineMs) this.#giveUp(this.#flow, "slow");
  }

  /** More may be acknowledged than before. */
  acknowledge(): void {
    if (this.#flow.kind === "live") this.#ack(this.#flow.home);
  }

  #leave(): void {
    this.#flow = { kind: "away" };
    this.#waitingBytes = 0;
    this.#options.requests.end();
  }

  #fill(home: HomeConnection, hello: Hello, waiting: StreamItem[]): void {
    const { requests, head, now, limits } = this.#options;
    const requestId = requests.nextId();
    const askedAt = head();
    const deadlineMs = now() + limits.logDeadlineMs;
    this.#flow = { kind: "filling", home, requestId, hello, askedAt, waiting, deadlineMs };
    requests.fill(requestId, askedAt, hello.offset);
  }

  #hold(flow: Extract<Flow, { kind: "filling" }>, item: StreamItem, bytes: number): void {
    const { chunkOverheadBytes, fillBytesMax } = this.#options.limits;
    flow.waiting.push(item);
    this.#waitingBytes += bytes + chunkOverheadBytes;
    // Unacknowledged, the host stops by itself below the bound.
    if (this.#waitingBytes > fillBytesMax) this.#giveUp(flow, "slow");
  }

  #giveUp(flow: Extract<Flow, { kind: "filling" }>, reason: GapReason): void {
    const { offset } = flow.hello;
    if (this.#options.head() < offset) this.#options.events.gap(offset, reason);
    this.#finish(flow);
  }

  #finish(flow: Extract<Flow, { kind: "filling" }>): void {
    this.#flow = { kind: "live", home: flow.home };
    this.#waitingBytes = 0;
    this.#options.events.joined(flow.hello);
    for (const item of flow.waiting) this.#join(item);
    this.#ack(flow.home);
  }

  #join(item: StreamItem): void {
    const { events, head } = this.#options;
    if (item.kind === "output") this.#joinOutput(item.from, item.to, item.framed);
    else if (item.kind === "exit") events.exit(item.exit);
    else if (item.kind === "gap") {
      if (item.to > head()) events.gap(item.to, item.reason);
    } else if (item.offset >= head()) {
      if (item.offset > head()) events.gap(item.offset, "lost");
      events.resize({ cols: item.cols, rows: item.rows }, item.framed);
    }
  }

  #joinOutput(from: number, to: number, framed: Uint8Array): void {
    const { events, head, codec } = this.#options;
    if (to <= head()) return;
    if (from > head()) events.gap(from, "lost");
    events.output(to, from < head() ? codec.sliceOutput(framed, head()) : framed);
  }

  #ack(home: HomeConnection): void {
    const { limits, codec, mayAcknowledge } = this.#options;
    if (home.next - home.acked < limits.homeAckBytes) return;
    const offset = Math.min(home.next, mayAcknowledge());
    if (offset - home.acked < limits.homeAckBytes) return;
    home.acked = offset;
    home.sink.send(codec.encode({ kind: "ack", offset }));
  }
}
