// The sending half of a call. What is sent within one turn of the event loop becomes one write; while that is on
// its way, what comes is gathered for the next. An idle call thus sends at once, and a busy one sends large blocks.
//
// I1 Bytes leave in the order of `send`.
// I2 At most one write is on its way, of at most `writeBytesMax` bytes or one larger message.
// I3 `bufferedBytes` counts every byte from `send` until the socket took it.

import type { Http2Stream } from "node:http2";

/**
 * Calls with something to send in this turn; one per server or channel. In a fan-out they all send the same
 * messages, which are then joined once.
 */
export class Flusher {
  #waiting: Outbound[] = [];
  #joinedParts: readonly Uint8Array[] = [];
  #joined: Uint8Array = new Uint8Array(0);

  join(parts: readonly Uint8Array[], bytes: number): Uint8Array {
    const before = this.#joinedParts;
    if (parts.length === before.length && parts.every((part, at) => part === before[at])) return this.#joined;
    this.#joinedParts = parts;
    this.#joined = Buffer.concat(parts, bytes);
    return this.#joined;
  }

  schedule(outbound: Outbound): void {
    if (this.#waiting.push(outbound) === 1) queueMicrotask(this.#flush);
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const outbound of waiting) outbound.flush();
    this.#joinedParts = [];
    this.#joined = new Uint8Array(0);
  };
}

const writeBytesMax = 128 * 1024;
/** From this size on, a copy costs more than one more element of a vectored write. */
const copyBytesMax = 16 * 1024;

export class Outbound {
  readonly #stream: Http2Stream;
  readonly #flusher: Flusher;
  readonly #highBytes: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #writingBytes = 0;
  #isScheduled = false;
  #isEnding = false;
  #isStopped = false;
  #wantsDrain = false;
  onDrain: (() => void) | undefined;

  constructor(stream: Http2Stream, flusher: Flusher, highBytes: number) {
    this.#stream = stream;
    this.#flusher = flusher;
    this.#highBytes = highBytes;
  }

  get bufferedBytes(): number {
    return this.#pendingBytes + this.#writingBytes;
  }

  send(bytes: Uint8Array): boolean {
    if (this.#isEnding || this.#isStopped) return false;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#writingBytes === 0 && !this.#isScheduled) {
      this.#isScheduled = true;
      this.#flusher.schedule(this);
    }
    if (this.bufferedBytes <= this.#highBytes) return true;
    this.#wantsDrain = true;
    return false;
  }

  /** No more sends; half-closes when everything went. */
  end(): void {
    if (this.#isEnding || this.#isStopped) return;
    this.#isEnding = true;
    if (this.#writingBytes === 0 && this.#pending.length === 0) this.#stream.end();
    else if (this.#writingBytes === 0) this.flush();
  }

  /** Forgets what was not sent. */
  stop(): void {
    this.#isStopped = true;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#writingBytes = 0;
  }

  flush(): void {
    this.#isScheduled = false;
    if (this.#isStopped || this.#writingBytes > 0 || this.#pending.length === 0) return;
    if (this.#stream.destroyed || this.#stream.writableEnded) {
      this.stop();
      return;
    }
    const [blocks, bytes] = this.#take();
    this.#pendingBytes -= bytes;
    this.#writingBytes = bytes;
    if (blocks.length === 1) {
      this.#stream.write(blocks[0], this.#written);
      return;
    }
    this.#stream.cork();
    const last = blocks.length - 1;
    for (let at = 0; at < last; at += 1) this.#stream.write(blocks[at]);
    this.#stream.write(blocks[last], this.#written);
    this.#stream.uncork();
  }

  /** The next write: small neighbours joined, large ones as they are. */
  #take(): [blocks: Uint8Array[], bytes: number] {
    const pending = this.#pending;
    let bytes = 0;
    let count = 0;
    while (count < pending.length) {
      const next = (pending[count] as Uint8Array).length;
      if (count > 0 && bytes + next > writeBytesMax) break;
      bytes += next;
      count += 1;
    }
    const taken = count === pending.length ? pending : pending.slice(0, count);
    this.#pending = count === pending.length ? [] : pending.slice(count);
    if (count === 1) return [taken, bytes];
    return [bytes < copyBytesMax * count ? [this.#flusher.join(taken, bytes)] : taken, bytes];
  }

  // One function for the life of the call, not one per write.
  readonly #written = (): void => {
    if (this.#isStopped) return;
    this.#writingBytes = 0;
    if (this.#pending.length > 0) this.flush();
    else if (this.#isEnding) this.#stream.end();
    if (this.#wantsDrain && this.bufferedBytes <= this.#highBytes / 4) {
      this.#wantsDrain = false;
      this.onDrain?.();
    }
  };
}
