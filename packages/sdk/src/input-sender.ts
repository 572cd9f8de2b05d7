import type { Clock, Failure } from "@cmdop/base";
import type { Connections } from "./connections.ts";
import { coreLimits } from "./core-limits.ts";
import { type Dropped, type Input, InputQueue } from "./input-queue.ts";
import type { InputAckFrame } from "./stream-frames.ts";

// Moves the input queue: sends while the stream takes it, asks for the last number when it must or when nothing
// comes back. Knows the queue's answers and the time.

export interface InputSenderOptions {
  /** The stream of inputs that this attachment numbers; 16 bytes, kept across reconnects. */
  readonly stream: Uint8Array;
  readonly clock: Clock;
  readonly connections: () => Connections;
  readonly dropped: (dropped: Dropped) => void;
}

export class InputSender {
  readonly #options: InputSenderOptions;
  readonly #clock: Clock;
  readonly #queue = new InputQueue(coreLimits);
  #cancelTimer: () => void = () => {};

  constructor(options: InputSenderOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#queue.hasRoomFor(bytes);
  }

  /** Returns the way to withdraw what was not sent; true when nothing was. */
  write(input: Input): () => boolean {
    const withdraw = this.#queue.push(input);
    this.pump();
    return withdraw;
  }

  /** Nothing can be sent, and what was sent may not have arrived. */
  suspend(): void {
    this.#queue.suspend();
    this.#cancelTimer();
  }

  /** The route is live (again: `isOutage`), or the order was lost. */
  sync(isOutage: boolean): void {
    const { mustAsk, abandoned, dropped } = this.#queue.startSync({
      outage: isOutage,
      nowMs: this.#clock.nowMs(),
    });
    const { stream, connections } = this.#options;
    if (mustAsk) connections().send({ kind: "inputSync", stream, abandoned });
    this.#tell(dropped);
    this.pump();
    this.#watch();
  }

  acked(frame: InputAckFrame, isHolder: boolean): void {
    const before = this.#queue.lastApplied;
    const outcome = this.#queue.acked(frame, { nowMs: this.#clock.nowMs(), isHolder });
    this.#tell(outcome.dropped);
    if (outcome.next === "sync") this.sync(false);
    else if (outcome.next === "busy") {
      this.#cancelTimer();
      this.#cancelTimer = this.#clock.after(coreLimits.busyPauseMs, () => {
        if (this.#queue.phase === "holding") this.sync(false);
      });
    } else {
      this.pump();
      if (this.#queue.lastApplied !== before) this.#watch();
    }
  }

  rejectAll(failure: Failure): void {
    this.#queue.rejectAll(failure);
  }

  close(failure: Failure): void {
    this.suspend();
    this.rejectAll(failure);
  }

  pump(): void {
    const connection = this.#options.connections().attached;
    if (!connection) return;
    const wasIdle = this.#queue.inFlight === 0;
    while (connection.isWritable) {
      const frame = this.#queue.next(this.#options.stream);
      if (!frame) break;
      connection.isWritable = connection.stream.send(frame);
    }
    if (wasIdle && this.#queue.inFlight > 0) this.#watch();
  }

  /** Asks again when nothing comes back: an answer, or what it answers, was lost on the way. */
  #watch(): void {
    this.#cancelTimer();
    if (this.#queue.inFlight === 0 && this.#queue.phase !== "syncing") return;
    this.#cancelTimer = this.#clock.after(coreLimits.inputStallMs, () => {
      const { phase, inFlight } = this.#queue;
      if (phase === "syncing" || (phase === "open" && inFlight > 0)) this.sync(false);
    });
  }

  #tell(dropped: Dropped | undefined): void {
    if (dropped && dropped.inputs > 0) this.#options.dropped(dropped);
  }
}
