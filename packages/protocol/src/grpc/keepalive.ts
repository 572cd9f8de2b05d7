// Finds dead connections: silence for `intervalMs` brings a ping, silence for `timeoutMs` more ends it. Any byte
// counts as a sign of life, so that a busy or slow connection is neither pinged nor ended. With one look every
// `sweepMs`, a peer that is gone is noticed within intervalMs + timeoutMs + 2 * sweepMs.
//
// I1 A look that comes late counts as two: while this process was stopped, the peer's bytes waited unread.

import type { Http2Session } from "node:http2";

export interface KeepaliveOptions {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly sweepMs: number;
}

export class Keepalive {
  readonly #session: Http2Session;
  readonly #bytesRead: () => number;
  readonly #options: KeepaliveOptions;
  #lastBytes = -1;
  #lookedMs: number;
  /** Since the last sign of life; and since the ping, once it was sent. */
  #silentMs = 0;
  #isPinged = false;

  constructor(session: Http2Session, bytesRead: () => number, options: KeepaliveOptions, nowMs: number) {
    this.#session = session;
    this.#bytesRead = bytesRead;
    this.#options = options;
    this.#lookedMs = nowMs;
  }

  /** One look. False: the peer is gone. */
  isAlive(nowMs: number): boolean {
    const { intervalMs, timeoutMs, sweepMs } = this.#options;
    const bytes = this.#bytesRead();
    const passedMs = Math.min(nowMs - this.#lookedMs, 2 * sweepMs);
    this.#lookedMs = nowMs;
    if (bytes !== this.#lastBytes) {
      this.#lastBytes = bytes;
      this.#silentMs = 0;
      this.#isPinged = false;
      return true;
    }
    this.#silentMs += passedMs;
    if (this.#isPinged) return this.#silentMs < timeoutMs;
    if (this.#silentMs >= intervalMs) {
      this.#isPinged = true;
      this.#silentMs = 0;
      if (!this.#session.destroyed) this.#session.ping(() => {});
    }
    return true;
  }
}
