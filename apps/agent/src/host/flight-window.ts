// How much output may be on its way to one home: enough to fill the path, and little more. All sessions of a machine
// share one connection; what a flood has standing in its buffers stands before the echo of everybody's key press.
//
// I1 The window is a quarter more than the other side would take in the shortest round trip seen: a path that takes more
//    lets it grow by a quarter each round trip, a queue that grows lets it shrink. It stays within its bounds.
// I2 Round trips are measured one at a time, from a piece of output to the acknowledgement that covers it.
// I3 The shortest round trip is believed for `shortestMs`, then looked for anew: for `lookMs` the window is at its least,
//    so that what is measured is the path and not our own queue in it. On a busy machine one round trip says little.

export interface FlightBounds {
  /** Not below what the other side waits for before it acknowledges. */
  readonly bytesMin: number;
  readonly bytesMax: number;
}

const shortestMs = 60_000;
const lookMs = 200;
const growth = 1.25;
/** One that is so much shorter than all before was not seen yet, as before the first flood. */
const muchShorter = 0.5;
/** No path is quicker than this; keeps a clock's resolution out of the ratio. */
const roundTripMsMin = 0.01;

interface Probe {
  readonly end: number;
  readonly acked: number;
  readonly sentAtMs: number;
}

export class FlightWindow {
  readonly #bounds: FlightBounds;
  #bytes: number;
  #probe: Probe | undefined;
  #shortest = { ms: Number.POSITIVE_INFINITY, atMs: Number.NEGATIVE_INFINITY };
  #lookUntilMs = Number.NEGATIVE_INFINITY;

  constructor(bounds: FlightBounds) {
    this.#bounds = bounds;
    this.#bytes = bounds.bytesMin;
  }

  /** What may be unacknowledged. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Output up to `end` has gone out while it was acknowledged up to `acked`. */
  sent(end: number, acked: number, nowMs: number): void {
    this.#probe ??= { end, acked, sentAtMs: nowMs };
  }

  acknowledged(offset: number, nowMs: number): void {
    const probe = this.#probe;
    if (!probe || offset < probe.end) return;
    this.#probe = undefined;
    const tookMs = Math.max(nowMs - probe.sentAtMs, roundTripMsMin);
    const isOld = nowMs - this.#shortest.atMs > shortestMs;
    if (isOld || tookMs < this.#shortest.ms * muchShorter) this.#lookUntilMs = nowMs + lookMs;
    if (isOld || tookMs <= this.#shortest.ms) this.#shortest = { ms: tookMs, atMs: nowMs };
    if (nowMs < this.#lookUntilMs) {
      this.#bytes = this.#bounds.bytesMin;
      return;
    }
    const delivered = offset - probe.acked;
    const wanted = growth * delivered * (this.#shortest.ms / tookMs);
    this.#bytes = Math.min(Math.max(wanted, this.#bounds.bytesMin), this.#bounds.bytesMax);
  }

  /** The place in the output has moved by something else than sending: what is under way says nothing. */
  forget(): void {
    this.#probe = undefined;
  }
}
