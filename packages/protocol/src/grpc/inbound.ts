// The receiving half of a call: from DATA frames to messages, or to raw bytes, with a pause that holds the peer
// back by this stream's window alone.
//
// I1 Nothing is read before `start`, nor while paused; a paused call has at most one window of bytes in memory.
// I2 What a handler throws ends its call and nothing else.
// I3 `end` comes after the last message, and only when the peer ended between messages.

import { constants, type Http2Stream } from "node:http2";
import { Failure } from "@cmdop/base";
import { MessageAssembler } from "../codec/message-assembler.ts";
import type { CallEvents, RawCallEvents } from "./call.ts";

export interface InboundOptions {
  readonly messageBytesMax: number;
  /** Bytes allowed until `authenticated()`. */
  readonly unauthenticatedBytesMax?: number | undefined;
  failed(cause: unknown): void;
  /** The peer half-closed and every message was handed on; before and after the handler's `end`. */
  ended?(): void;
  afterEnd?(): void;
}

export class Inbound {
  readonly #stream: Http2Stream;
  readonly #options: InboundOptions;
  #assembler: MessageAssembler | undefined;
  #raw: RawCallEvents | undefined;
  #end: (() => void) | undefined;
  #budgetBytes: number | undefined;
  #isStarted = false;
  #isPaused = false;
  #isEnded = false;
  #isStopped = false;

  constructor(stream: Http2Stream, options: InboundOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#budgetBytes = options.unauthenticatedBytesMax;
  }

  handle(events: CallEvents): void {
    const { messageBytesMax } = this.#options;
    this.#assembler = new MessageAssembler({
      messageBytesMax: Math.min(messageBytesMax, this.#budgetBytes ?? messageBytesMax),
      message: (message, framed) => events.message(message, framed),
    });
    this.#start(() => events.end?.());
  }

  handleRaw(events: RawCallEvents): void {
    this.#raw = events;
    this.#start(() => events.end?.());
  }

  authenticated(): void {
    this.#budgetBytes = undefined;
    if (this.#assembler) this.#assembler.messageBytesMax = this.#options.messageBytesMax;
  }

  pause(): void {
    this.#isPaused = true;
    this.#assembler?.pause();
    if (this.#isStarted) this.#stream.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isStarted || this.#isStopped) return;
    this.#guard(() => this.#assembler?.resume());
    if (this.#isPaused || this.#isStopped) return;
    if (this.#isEnded) this.#finish();
    else this.#stream.resume();
  }

  /** The peer has ended and something is still held back by a pause, or was never asked for. */
  get isWaiting(): boolean {
    return !this.#isStopped && this.#isPaused && this.#isStarted;
  }

  /** Hands on nothing more; what still comes is read and dropped. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#assembler?.stop();
    this.#stream.off("data", this.#data);
    this.#stream.off("end", this.#ended);
    this.#stream.resume();
  }

  #start(end: () => void): void {
    if (this.#isStarted) throw new Error("a call is handled once");
    if (this.#isStopped) return;
    this.#isStarted = true;
    this.#end = end;
    this.#stream.on("end", this.#ended);
    this.#stream.on("data", this.#data);
    if (this.#isPaused) this.pause();
  }

  readonly #data = (chunk: Buffer): void => {
    try {
      if (this.#budgetBytes !== undefined) this.#spend(chunk.length);
      if (this.#raw) this.#raw.bytes(chunk);
      else this.#assembler?.push(chunk);
    } catch (cause) {
      const isOverBudget =
        this.#budgetBytes !== undefined && cause instanceof Failure && cause.code === "message_too_large";
      this.#fail(isOverBudget ? new Failure("unauthenticated_budget") : cause);
    }
  };

  readonly #ended = (): void => {
    // Node ends the readable side of a reset stream too; "close" follows and says how it ended.
    if (this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
    this.#isEnded = true;
    if (!this.#isPaused) this.#finish();
  };

  #finish(): void {
    if (this.#isStopped) return;
    this.#guard(() => {
      this.#assembler?.end();
      this.#isStopped = true;
      this.#options.ended?.();
      this.#end?.();
      this.#options.afterEnd?.();
    });
  }

  #spend(bytes: number): void {
    this.#budgetBytes = (this.#budgetBytes ?? 0) - bytes;
    if (this.#budgetBytes < 0) throw new Failure("unauthenticated_budget");
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #fail(cause: unknown): void {
    this.stop();
    this.#options.failed(cause);
  }
}
