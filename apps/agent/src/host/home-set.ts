// All homes of one session, and the newest output that they send from.
//
// I1 An acknowledgement waits for the echo that follows it, at most `acknowledgeWithinMs`: a key press then costs one
//    message on the way back, not two. Nothing overtakes it.

import type { Clock } from "@cmdop/base";
import { encodeFrame, encodeInputAck, type FrameBody, type InputAckFields } from "@cmdop/protocol";
import type { ScreenSnapshot } from "../screen/screens.ts";
import { Backlog } from "./backlog.ts";
import { Home, type HomeLink } from "./home.ts";
import { hostLimits } from "./limits.ts";
import { LogAnswers, type ReadableLog } from "./log-answers.ts";

// A snapshot may be this far behind the output: the screen's lag is bounded below it.
const backlogBytesKept = 1024 * 1024;
// A home that is this far behind when somebody presses ^C is brought to the present at once.
const interruptLagBytes = 256 * 1024;
// A program that echoes does so within this time.
const acknowledgeWithinMs = 2;

export interface HomeSetOptions {
  readonly log: ReadableLog;
  readonly clock: Clock;
  snapshot(): Promise<ScreenSnapshot | undefined>;
}

export class HomeSet {
  readonly #options: HomeSetOptions;
  readonly #backlog = new Backlog(hostLimits.backlogBytes);
  readonly #homes = new Map<Home, LogAnswers>();
  #acknowledgements: Uint8Array[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HomeSetOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#homes.size;
  }

  /** How far the first of them is behind with sending: one that has stalled slows nobody. */
  get lagBytes(): number {
    let lagBytes = Number.POSITIVE_INFINITY;
    for (const home of this.#homes.keys()) lagBytes = Math.min(lagBytes, home.lagBytes);
    return lagBytes;
  }

  /** A home at the end of the output; nothing is sent yet. */
  add(link: HomeLink): Home {
    const { log, clock, snapshot } = this.#options;
    const home = new Home(link, {
      backlog: this.#backlog,
      clock,
      head: () => log.end,
      snapshot,
    });
    this.#homes.set(home, new LogAnswers(link, log));
    return home;
  }

  remove(home: Home): void {
    this.#homes.delete(home);
    this.#release();
  }

  logAnswers(home: Home): LogAnswers | undefined {
    return this.#homes.get(home);
  }

  /** A framed Output: every home sends it when it may. */
  output(entry: {
    readonly offset: number;
    readonly outputBytes: number;
    readonly framed: Uint8Array;
  }): void {
    this.#sendAcknowledgements();
    this.#backlog.push(entry);
    for (const home of this.#homes.keys()) home.pump();
    this.#release();
  }

  /** After all output that came before it. */
  inOrder(body: FrameBody): void {
    this.output({ offset: this.#options.log.end, outputBytes: 0, framed: encodeFrame(body) });
  }

  /** At once, before output that waits. */
  broadcast(body: FrameBody): void {
    this.#sendAcknowledgements();
    this.#sendAll(encodeFrame(body));
  }

  /** Soon, and before everything that is sent after it. */
  acknowledge(ack: InputAckFields): void {
    this.#acknowledgements.push(encodeInputAck(ack));
    // Left to run when the echo takes them along: to cancel and set it again for each key press costs more.
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#sendAcknowledgements();
    }, acknowledgeWithinMs);
  }

  /** A home may have moved on. */
  acknowledged(): void {
    this.#release();
  }

  /** Somebody interrupts a flood: what waits to be sent would only hide that it stopped. */
  skipBacklogs(): void {
    for (const home of this.#homes.keys()) if (home.lagBytes > interruptLagBytes) home.resynchronize();
  }

  end(): void {
    this.#sendAcknowledgements();
    clearTimeout(this.#timer);
    for (const home of this.#homes.keys()) home.link.end();
    this.#homes.clear();
  }

  #sendAcknowledgements(): void {
    if (this.#acknowledgements.length === 0) return;
    const waiting = this.#acknowledgements;
    this.#acknowledgements = [];
    for (const framed of waiting) this.#sendAll(framed);
  }

  #sendAll(framed: Uint8Array): void {
    for (const home of this.#homes.keys()) home.link.send(framed);
  }

  #release(): void {
    let lowest = this.#backlog.next;
    for (const home of this.#homes.keys()) lowest = Math.min(lowest, home.next);
    this.#backlog.release(lowest, backlogBytesKept);
  }
}
