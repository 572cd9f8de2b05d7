// Finds dead connections: silence for `intervalMs` brings a ping, silence for `timeoutMs` more ends it. Any byte
// counts as a sign of life, so that a busy or slow connection is neither pinged nor ended. With one look every
// `sweepMs`, a peer that is gone is noticed within intervalMs + timeoutMs + 2 * sweepMs.

import type { Http2Session } from "node:http2";

export interface KeepaliveOptions {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export class Keepalive {
  readonly #session: Http2Session;
  readonly #bytesRead: () => number;
  readonly #options: KeepaliveOptions;
  #lastBytes = -1;
  #heardMs: number;
  #pingedMs: number | undefined;

  constructor(session: Http2Session, bytesRead: () => number, options: KeepaliveOptions, nowMs: number) {
    this.#session = session;
    this.#bytesRead = bytesRead;
    this.#options = options;
    this.#heardMs = nowMs;
  }

  /** One look. False: the peer is gone. */
  isAlive(nowMs: number): boolean {
    const bytes = this.#bytesRead();
    if (bytes !== this.#lastBytes) {
      this.#lastBytes = bytes;
      this.#heardMs = nowMs;
      this.#pingedMs = undefined;
      return true;
    }
    if (this.#pingedMs !== undefined) return nowMs - this.#pingedMs < this.#options.timeoutMs;
    if (nowMs - this.#heardMs >= this.#options.intervalMs) {
      this.#pingedMs = nowMs;
      if (!this.#session.destroyed) this.#session.ping(() => {});
    }
    return true;
  }
}
