import { Failure } from "@cmdop/base";
import type { FakeClock, SeededRandom } from "@cmdop/testkit";
import type { Exit, RouteState } from "../src/session.ts";
import type { AttachFrame, ClientFrame, ServerFrame } from "../src/stream-frames.ts";
import type { Dial, DialRequest, Stream, StreamEvents } from "../src/stream-transport.ts";
import { ModelHost, truth } from "./model-host.ts";

// A relay and a machine in one, without a network: frames take random time, connections break at random points
// with whatever is on the way, and everything that the contract allows happens.

export interface ModelRelayOptions {
  readonly clock: FakeClock;
  readonly random: SeededRandom;
  readonly latencyMs?: number;
  readonly chunkBytesMax?: number;
}

export const modelSession = "ses_0000000000000000000000";

class ModelStream implements Stream {
  readonly relay: ModelRelay;
  readonly request: DialRequest;
  readonly events: StreamEvents;
  /** The client does not listen any more. */
  isDeaf = false;
  /** The relay does not listen any more. */
  isCut = false;
  isAttached = false;
  isPaused = false;
  attach: AttachFrame | undefined;
  /** What it was told last. */
  viewport: AttachFrame["viewport"];
  /** The next byte to send; undefined: a snapshot comes first. */
  cursor: number | undefined;
  acked = 0;
  isBehind = false;
  hasSentExit = false;
  #upAtMs = 0;
  #downAtMs = 0;
  #held: ServerFrame[] = [];

  constructor(relay: ModelRelay, request: DialRequest, events: StreamEvents) {
    this.relay = relay;
    this.request = request;
    this.events = events;
  }

  send(frame: ClientFrame): boolean {
    // In order, after a while; a closed stream's frames may still arrive, a broken one's do not.
    this.#upAtMs = Math.max(this.#upAtMs, this.relay.clock.nowMs() + this.relay.latency());
    this.relay.clock.after(this.#upAtMs - this.relay.clock.nowMs(), () => {
      if (!this.isCut) this.relay.receive(this, frame);
    });
    return true;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    for (const frame of this.#held.splice(0)) this.#arrive(frame);
  }

  close(): void {
    this.isDeaf = true;
    // The relay hears of it after the frames that were sent before.
    this.#upAtMs = Math.max(this.#upAtMs, this.relay.clock.nowMs() + this.relay.latency());
    this.relay.clock.after(this.#upAtMs - this.relay.clock.nowMs(), () => {
      this.isCut = true;
      this.relay.forget(this);
    });
  }

  push(frame: ServerFrame): void {
    this.#downAtMs = Math.max(this.#downAtMs, this.relay.clock.nowMs() + this.relay.latency());
    this.relay.clock.after(this.#downAtMs - this.relay.clock.nowMs(), () => this.#arrive(frame));
  }

  #arrive(frame: ServerFrame): void {
    if (this.isDeaf) return;
    if (this.isPaused) this.#held.push(frame);
    else this.events.frame(frame);
  }

  /** Both directions at once, with what is on the way. */
  cut(failure: Failure | undefined): void {
    if (this.isCut) return;
    this.isCut = true;
    this.relay.forget(this);
    if (this.isDeaf) return;
    this.relay.clock.after(0, () => {
      if (this.isDeaf) return;
      this.isDeaf = true;
      this.events.close(failure);
    });
  }
}

export class ModelRelay {
  readonly clock: FakeClock;
  readonly random: SeededRandom;
  readonly host = new ModelHost();
  readonly streams = new Set<ModelStream>();
  head = 0;
  logStart = 0;
  exit: Exit | undefined;
  /** Dialing gives this failure. */
  refusal: Failure | undefined;
  /** Sends a chunk that skips bytes without saying so. */
  lieOnce = false;
  /** Does so each time. */
  lies = false;
  /** Takes streams and says nothing. */
  isSilent = false;
  /** A relay far away: what it is asked arrives late. */
  answersAfterMs = 0;
  /** Answers to input are lost on their way. */
  dropsAcks = false;
  dials: DialRequest[] = [];
  #route: RouteState = "live";
  readonly #latencyMs: number;
  readonly #chunkBytesMax: number;

  constructor(options: ModelRelayOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.#latencyMs = options.latencyMs ?? 5;
    this.#chunkBytesMax = options.chunkBytesMax ?? 700;
  }

  readonly dial: Dial = (request, events) => {
    this.dials.push(request);
    const stream = new ModelStream(this, request, events);
    this.streams.add(stream);
    if (this.refusal) stream.cut(this.refusal);
    else if (this.answersAfterMs === 0) stream.send(request.attach);
    else this.clock.after(this.answersAfterMs, () => stream.send(request.attach));
    return stream;
  };

  latency(): number {
    return this.#latencyMs === 0 ? 0 : this.random.fraction() * this.#latencyMs;
  }

  forget(stream: ModelStream): void {
    this.streams.delete(stream);
  }

  get attached(): readonly ModelStream[] {
    return [...this.streams].filter((stream) => stream.isAttached);
  }

  grow(bytes: number): void {
    if (this.exit) return;
    this.head += bytes;
    this.pump();
  }

  expire(to: number): void {
    this.logStart = Math.max(this.logStart, Math.min(to, this.head));
  }

  setRoute(state: "live" | "waiting"): void {
    if (this.exit || this.#route === state) return;
    this.#route = state;
    for (const stream of this.attached) stream.push({ kind: "status", state });
    this.pump();
  }

  cutAll(failure: Failure | undefined = new Failure("connection_lost")): void {
    for (const stream of [...this.streams]) stream.cut(failure);
  }

  move(relays: readonly string[], withinMs: number): void {
    for (const stream of this.attached) stream.push({ kind: "move", relays, withinMs });
    const old = this.attached;
    this.clock.after(withinMs, () => {
      for (const stream of old) stream.cut(new Failure("draining"));
    });
  }

  end(code: number): void {
    if (this.exit) return;
    this.host.isClosed = true;
    this.exit = { code, signal: null, reason: "exited", finalOffset: this.head, atMs: 0 };
    this.pump();
  }

  receive(stream: ModelStream, frame: ClientFrame): void {
    if (this.isSilent) return;
    if (frame.kind === "attach") this.#attach(stream, frame);
    else if (frame.kind === "viewport") stream.viewport = frame;
    else if (frame.kind === "ack")
      stream.acked = Math.max(stream.acked, Math.min(frame.offset, stream.cursor ?? 0));
    else if (frame.kind === "input" && this.#route === "live") this.#answer(stream, this.host.input(frame));
    else if (frame.kind === "inputSync" && this.#route === "live")
      this.#answer(stream, this.host.sync(frame.abandoned));
    this.pump();
  }

  #answer(stream: ModelStream, frame: ServerFrame): void {
    if (!this.dropsAcks) stream.push(frame);
  }

  #attach(stream: ModelStream, frame: AttachFrame): void {
    stream.isAttached = true;
    stream.attach = frame;
    stream.viewport = frame.viewport;
    stream.cursor = frame.from ?? (frame.mode === "lossless" ? 0 : undefined);
    stream.acked = frame.from ?? 0;
    if (frame.from !== undefined && frame.from > this.head) {
      stream.cut(new Failure("offset_in_future"));
      return;
    }
    stream.push(attachedFrame(this.head, this.logStart, this.exit, frame.creditBytes));
    stream.push({ kind: "status", state: this.exit ? "ended" : this.#route });
  }

  /** Sends what each attachment may have. */
  pump(): void {
    for (const stream of this.attached) if (this.#route === "live" || this.exit) this.#pumpOne(stream);
  }

  #pumpOne(stream: ModelStream): void {
    const credit = stream.attach?.creditBytes ?? 0;
    const isTerminal = stream.attach?.mode === "terminal";
    if (stream.cursor === undefined) this.#snapshot(stream);
    for (;;) {
      const cursor = stream.cursor ?? 0;
      const unacked = cursor - stream.acked;
      if (stream.isBehind && unacked < credit / 2) {
        stream.isBehind = false;
        if (isTerminal && this.head - cursor > credit) {
          stream.push({ kind: "gap", from: cursor, to: this.head, reason: "slow" });
          this.#snapshot(stream);
          continue;
        }
      }
      if (unacked >= credit) stream.isBehind = true;
      if (stream.isBehind || cursor >= this.head) break;
      if (cursor < this.logStart) {
        const to = isTerminal ? this.head : this.logStart;
        stream.push({ kind: "gap", from: cursor, to, reason: "expired" });
        stream.cursor = to;
        if (isTerminal) this.#snapshot(stream);
        continue;
      }
      const end = Math.min(this.head, cursor + this.random.int(1, this.#chunkBytesMax));
      // A relay may repeat some bytes, such as when it cut at a chunk's start.
      const from = Math.max(this.logStart, cursor - (this.random.chance(0.1) ? this.random.int(0, 9) : 0));
      const skipped = (this.lieOnce || this.lies) && end - cursor > 2 ? 1 : 0;
      if (skipped) this.lieOnce = false;
      const begin = skipped ? cursor + skipped : from;
      stream.push({ kind: "output", offset: begin, bytes: truth(begin, end), channel: "pty" });
      stream.cursor = end;
    }
    if (this.exit && (stream.cursor ?? 0) >= this.head && !stream.hasSentExit) {
      stream.hasSentExit = true;
      stream.push({ kind: "exit", exit: this.exit });
    }
  }

  #snapshot(stream: ModelStream): void {
    stream.cursor = this.head;
    stream.push({
      kind: "snapshot",
      offset: this.head,
      cols: 80,
      rows: 24,
      data: new Uint8Array(0),
      title: "",
      unicodeVersion: "15-graphemes",
    });
  }
}

export const attachedFrame = (
  offset: number,
  logStart: number,
  exit: Exit | undefined,
  creditBytes: number,
): ServerFrame => ({
  kind: "attached",
  attachmentId: "att_0000000000000000000000",
  operator: "ann",
  role: "operator",
  actor: "human",
  session: {
    id: modelSession,
    machineId: "mch_0000000000000000000000",
    machineName: "web-1",
    kind: "terminal",
    name: "",
    title: "",
    argv: [],
    cwd: "/",
    cols: 80,
    rows: 24,
    resizePolicy: "latest",
    state: exit ? "ended" : "live",
    createdAtMs: 0,
    openedBy: "ann",
    logStart,
    offset,
    attachments: 1,
    exit,
    activeAtMs: 0,
  },
  lease: { holder: "", stream: new Uint8Array(0), actor: "unknown", epoch: 0 },
  creditBytes,
  relayId: "relay-1",
});
