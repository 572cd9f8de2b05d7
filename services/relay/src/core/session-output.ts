// One session's output at this relay: window, fan-out, ladder and route wired together, and the exit at its end. It
// does not know roles, leases, presence or states.
//
// I1 An attachment gets Exit when it has all of the output, once.
import type { Failure } from "@cmdop/base";
import { type Attachment, noCursor } from "./attachment.ts";
import { Delivery } from "./delivery.ts";
import type { HomeEvent } from "./frames.ts";
import { HomeRequests } from "./home-requests.ts";
import { type Hello, type HomeConnection, HomeRoute } from "./home-route.ts";
import { Ladder } from "./ladder.ts";
import { OutputWindow } from "./output-window.ts";
import type { Exit, Geometry } from "./parties.ts";
import type { SessionContext } from "./session-context.ts";

export interface SessionOutputOptions {
  readonly context: SessionContext;
  readonly attachments: ReadonlyMap<string, Attachment>;
  readonly later: () => void;
  readonly end: (attachment: Attachment, failure: Failure) => void;
  readonly arrived: () => void;
  readonly resized: (geometry: Geometry) => void;
  readonly exited: (exit: Exit) => void;
  readonly mayAcknowledge: () => number;
}

type StreamEvent = Extract<HomeEvent, { kind: "resize" | "gap" | "exit" | "snapshot" | "logChunk" }>;

export class SessionOutput {
  readonly window: OutputWindow;
  readonly route: HomeRoute;
  readonly ladder: Ladder;
  readonly #options: SessionOutputOptions;
  readonly #delivery: Delivery;
  readonly #requests: HomeRequests;
  #exit: Exit | undefined;
  /** Less than the exit says when the end of the log did not survive. */
  #finalOffset = Number.POSITIVE_INFINITY;

  constructor(options: SessionOutputOptions) {
    const { attachments, end, later } = options;
    const { limits, codec, counters, now } = options.context;
    this.#options = options;
    this.window = new OutputWindow(limits.windowBytes, limits.chunkOverheadBytes);
    const { window } = this;
    const reached = (attachment: Attachment): void => this.#tellExit(attachment);
    const delivery = new Delivery({ window, codec, counters, reached });
    const requests = new HomeRequests({ codec, limits, now, later });
    const mayGrow = (): boolean => !this.#exit || !this.route.current || window.end < this.#finalOffset;
    this.#delivery = delivery;
    this.#requests = requests;
    this.ladder = new Ladder({ delivery, attachments, requests, limits, counters, now, mayGrow, end });
    this.route = new HomeRoute({
      codec,
      limits,
      requests,
      now,
      head: () => window.end,
      mayAcknowledge: options.mayAcknowledge,
      events: {
        output: (to, framed) => this.#output(to, framed),
        resize: (geometry, framed) => {
          options.resized(geometry);
          delivery.resize(geometry, framed);
        },
        gap: (to, reason) => {
          window.reset(to, undefined);
          this.ladder.windowMoved(reason);
        },
        exit: options.exited,
        joined: (hello) => this.#joinGeometry(hello),
      },
    });
  }

  /** Takes over a home that said hello; `served` must follow once the session has told its state. */
  adopt(home: HomeConnection, hello: Hello): void {
    this.ladder.logStart = Math.max(this.ladder.logStart, hello.logStart);
    this.ladder.homeLeft();
    if (!this.window.isOpen) this.window.reset(hello.offset, { cols: hello.cols, rows: hello.rows });
    this.route.adopt(home, hello);
    if (hello.exit) this.#finalOffset = Math.min(hello.exit.finalOffset, hello.offset);
  }

  /** Asks the new home for what everybody waits for. */
  served(): void {
    this.ladder.homeArrived();
    this.#tellExits();
  }

  /** False when it was not the current one. */
  left(home: HomeConnection): boolean {
    if (!this.route.closed(home)) return false;
    this.ladder.homeLeft();
    if (!this.#exit) return true;
    // An ended session costs memory only while somebody reads it.
    this.window.reset(this.window.end, this.window.geometry);
    this.ladder.windowMoved("slow");
    return true;
  }

  /** Who has everything up to the end is told at once, the others when they get there. */
  ended(exit: Exit): void {
    this.#exit = exit;
    this.#finalOffset = Math.min(this.#finalOffset, exit.finalOffset);
    this.#tellExits();
  }

  receive(home: HomeConnection, event: StreamEvent): void {
    switch (event.kind) {
      case "snapshot":
        this.window.learnGeometry(event.offset, { cols: event.cols, rows: event.rows });
        this.ladder.snapshot(event);
        return;
      case "logChunk":
        if (!this.route.logChunk(home, event)) this.#readersChunk(event);
        return;
      default:
        this.route.item(home, event);
    }
  }

  flush(): void {
    this.#requests.flush();
  }

  sweep(nowMs: number): void {
    if (!this.route.current) return;
    this.route.sweep(nowMs);
    this.#requests.sweep(nowMs);
    this.ladder.sweep(nowMs);
    this.route.acknowledge();
  }

  #output(to: number, framed: Uint8Array): void {
    this.#options.arrived();
    this.#delivery.output(to, framed);
    this.ladder.headMoved();
    if (this.#exit) this.#tellExits();
  }

  #readersChunk(event: Extract<HomeEvent, { kind: "logChunk" }>): void {
    const attachment = this.#requests.reader(event.requestId);
    if (!attachment) return;
    if (event.frame) this.ladder.logged(attachment, event.requestId, event.frame);
    if (!event.done) return;
    this.#requests.forget(event.requestId);
    this.ladder.logDone(attachment, event.requestId);
    this.route.acknowledge();
  }

  /** The size may have changed while no home was there to say so. */
  #joinGeometry(hello: Hello): void {
    const { window } = this;
    const geometry = { cols: hello.cols, rows: hello.rows };
    const isSame = window.geometry?.cols === geometry.cols && window.geometry.rows === geometry.rows;
    if (isSame || hello.sessionKind === "command") return;
    const frame = { kind: "resize", offset: window.end, operator: "", ...geometry } as const;
    this.#delivery.resize(geometry, this.#options.context.codec.encode(frame));
  }

  #tellExits(): void {
    for (const attachment of this.#options.attachments.values()) this.#tellExit(attachment);
  }

  #tellExit(attachment: Attachment): void {
    if (!this.#exit || attachment.isExitSent || attachment.isEnded) return;
    if (attachment.cursor === noCursor || attachment.cursor < this.#finalOffset) return;
    attachment.isExitSent = true;
    attachment.sink.send(this.#options.context.codec.encode({ kind: "exit", exit: this.#exit }));
  }
}
