// Length-prefixed messages out of a stream of chunks, cut anywhere. A message that lies within one chunk is
// handed on as a view of it; one that spans chunks is copied once into a buffer of its own.
//
// I1 The messages do not depend on where the stream was cut.
// I2 What a peer announces is not allocated before it arrives: a buffer grows with what came.
// I3 After a failure or `stop` nothing more is handed on.

import { Failure } from "@cmdop/base";
import { prefixBytes } from "./framing.ts";
import { malformed } from "./wire.ts";

export interface MessageAssemblerOptions {
  /** Of one message, without its prefix. */
  readonly messageBytesMax: number;
  message(message: Buffer, framed: Buffer): void;
}

/** One Output frame with all the data that it may have, so that a flood's frames are copied once. */
const firstAllocation = 65 * 1024;

export class MessageAssembler {
  #messageBytesMax: number;
  readonly #message: (message: Buffer, framed: Buffer) => void;
  /** A message that began in an earlier chunk, its prefix first; `#need` is its framed size once known. */
  #partial: Buffer | undefined;
  #have = 0;
  #need = 0;
  /** What `pause` left of the chunk that was being read. */
  #rest: Buffer | undefined;
  #isPaused = false;
  #isReading = false;
  #isStopped = false;

  constructor(options: MessageAssemblerOptions) {
    this.#messageBytesMax = options.messageBytesMax;
    this.#message = options.message;
  }

  set messageBytesMax(bytes: number) {
    this.#messageBytesMax = bytes;
  }

  /** Whether a message has begun and not ended, or one waits for `resume`. */
  get isEmpty(): boolean {
    return this.#have === 0 && this.#rest === undefined;
  }

  /** Throws `message_too_large`, `malformed_message`, or `unimplemented` for a compressed message. */
  push(chunk: Buffer): void {
    if (this.#isStopped || chunk.length === 0) return;
    if (this.#rest) {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      return;
    }
    if (this.#isPaused) {
      this.#rest = chunk;
      return;
    }
    this.#read(chunk);
  }

  /** The stream ended: throws `truncated_message` when that was inside a message. */
  end(): void {
    if (this.#have > 0 && !this.#isStopped) throw new Failure("truncated_message");
  }

  /** No message is handed on until `resume`, also none of the chunk that is being read. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#isReading || !this.#rest) return;
    const rest = this.#rest;
    this.#rest = undefined;
    this.#read(rest);
  }

  stop(): void {
    this.#isStopped = true;
    this.#partial = undefined;
    this.#rest = undefined;
    this.#have = 0;
  }

  #read(chunk: Buffer): void {
    this.#isReading = true;
    try {
      const at = this.#readMessages(chunk);
      if (this.#isStopped || at >= chunk.length) return;
      this.#rest = at === 0 ? chunk : chunk.subarray(at);
    } catch (error) {
      this.stop();
      throw error;
    } finally {
      this.#isReading = false;
    }
  }

  /** Returns the position reached; short of the end only when paused or stopped. */
  #readMessages(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length) {
      if (this.#isPaused || this.#isStopped) return at;
      if (this.#have > 0) {
        at = this.#continue(chunk, at);
        continue;
      }
      const left = chunk.length - at;
      const size = left < prefixBytes ? 0 : prefixBytes + this.#lengthAt(chunk, at);
      if (size === 0 || size > left) {
        this.#begin(chunk, at, size);
        return chunk.length;
      }
      const framed = chunk.subarray(at, at + size);
      at += size;
      this.#message(framed.subarray(prefixBytes), framed);
    }
    return at;
  }

  #lengthAt(bytes: Buffer, at: number): number {
    const flags = bytes[at];
    if (flags === 1) throw new Failure("unimplemented", "Compressed messages are not supported.");
    if (flags !== 0) throw malformed("the message's prefix has unknown flags");
    const length = bytes.readUInt32BE(at + 1);
    if (length > this.#messageBytesMax) {
      throw new Failure(
        "message_too_large",
        `A message of ${length} bytes is larger than the limit of ${this.#messageBytesMax}.`,
      );
    }
    return length;
  }

  #begin(chunk: Buffer, at: number, size: number): void {
    const have = chunk.length - at;
    this.#need = size;
    this.#partial = Buffer.allocUnsafe(
      size === 0 ? prefixBytes : Math.min(size, Math.max(firstAllocation, have)),
    );
    chunk.copy(this.#partial, 0, at);
    this.#have = have;
  }

  #continue(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#need === 0) {
      at = this.#fill(chunk, at, prefixBytes);
      if (this.#have < prefixBytes) return at;
      this.#need = prefixBytes + this.#lengthAt(this.#partialBuffer, 0);
    }
    at = this.#fill(chunk, at, this.#need);
    if (this.#have < this.#need) return at;
    const framed = this.#partialBuffer.subarray(0, this.#need);
    this.#partial = undefined;
    this.#have = 0;
    this.#need = 0;
    this.#message(framed.subarray(prefixBytes), framed);
    return at;
  }

  get #partialBuffer(): Buffer {
    return this.#partial ?? Buffer.alloc(0);
  }

  #fill(chunk: Buffer, at: number, until: number): number {
    const take = Math.min(until - this.#have, chunk.length - at);
    const wanted = this.#have + take;
    let partial = this.#partialBuffer;
    if (partial.length < wanted) {
      const grown = Buffer.allocUnsafe(
        Math.min(until, Math.max(firstAllocation, 2 * partial.length, wanted)),
      );
      partial.copy(grown, 0, 0, this.#have);
      this.#partial = grown;
      partial = grown;
    }
    chunk.copy(partial, this.#have, at, at + take);
    this.#have = wanted;
    return at + take;
  }
}
