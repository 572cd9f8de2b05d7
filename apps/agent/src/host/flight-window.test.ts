import { describe, expect, it } from "vitest";
import { FlightWindow } from "./flight-window.ts";

const KiB = 1024;
const bounds = { bytesMin: 64 * KiB, bytesMax: 1024 * KiB };

interface Path {
  readonly roundTripMs: number;
  readonly bytesPerMs: number;
}

/** A flood over a path with one slow place and a queue before it, acknowledged each 16 KiB. Times are model times. */
class Flood {
  readonly window = new FlightWindow(bounds);
  path: Path;
  nowMs = 0;
  queuedBytesMax = 0;
  #sent = 0;
  #acked = 0;
  #passed = 0;
  readonly #acks: { readonly atMs: number; readonly offset: number }[] = [];

  constructor(path: Path) {
    this.path = path;
  }

  /** What is acknowledged in this time, bytes a millisecond. */
  run(forMs: number): number {
    const [endMs, acked] = [this.nowMs + forMs, this.#acked];
    this.queuedBytesMax = 0;
    const stepMs = 0.05;
    for (; this.nowMs < endMs; this.nowMs += stepMs) {
      const before = Math.floor(this.#passed / (16 * KiB));
      this.#passed = Math.min(this.#sent, this.#passed + this.path.bytesPerMs * stepMs);
      if (Math.floor(this.#passed / (16 * KiB)) > before)
        this.#acks.push({ atMs: this.nowMs + this.path.roundTripMs, offset: Math.floor(this.#passed) });
      for (let ack = this.#acks[0]; ack && ack.atMs <= this.nowMs; ack = this.#acks[0]) {
        this.#acks.shift();
        this.#acked = ack.offset;
        this.window.acknowledged(ack.offset, this.nowMs);
      }
      while (this.#sent - this.#acked < this.window.bytes) {
        this.#sent += 4 * KiB;
        this.window.sent(this.#sent, this.#acked, this.nowMs);
      }
      this.queuedBytesMax = Math.max(this.queuedBytesMax, this.#sent - this.#passed);
    }
    return (this.#acked - acked) / forMs;
  }
}

describe("the window of output on its way", () => {
  it.each<Path>([
    { roundTripMs: 0.2, bytesPerMs: 20_000 },
    { roundTripMs: 5, bytesPerMs: 50_000 },
    { roundTripMs: 40, bytesPerMs: 2_000 },
    { roundTripMs: 100, bytesPerMs: 5_000 },
    { roundTripMs: 100, bytesPerMs: 100 },
  ])("fills a path of $roundTripMs ms and $bytesPerMs bytes/ms", (path) => {
    const flood = new Flood(path);
    flood.run(2_000);
    const possible = Math.min(path.bytesPerMs, bounds.bytesMax / path.roundTripMs);
    expect(flood.run(30_000) / possible).toBeGreaterThan(0.85);
  });

  it.each<Path>([
    { roundTripMs: 0.2, bytesPerMs: 20_000 },
    { roundTripMs: 1, bytesPerMs: 2_000 },
    { roundTripMs: 10, bytesPerMs: 2_000 },
  ])(
    "leaves little in the queue of a path of $roundTripMs ms and $bytesPerMs bytes/ms, however long",
    (path) => {
      const flood = new Flood(path);
      flood.run(60_000);
      flood.run(30_000);
      expect(flood.queuedBytesMax).toBeLessThan(3 * bounds.bytesMin + path.bytesPerMs * path.roundTripMs);
    },
  );

  it("shrinks where the other side slows down, and grows again with it", () => {
    const flood = new Flood({ roundTripMs: 20, bytesPerMs: 20_000 });
    flood.run(1_000);
    expect(flood.window.bytes).toBeGreaterThan(400 * KiB);
    flood.path = { ...flood.path, bytesPerMs: 100 };
    flood.run(15_000);
    expect(flood.window.bytes).toBeLessThanOrEqual(2 * bounds.bytesMin);
    flood.path = { ...flood.path, bytesPerMs: 20_000 };
    flood.run(2_000);
    expect(flood.window.bytes).toBeGreaterThan(400 * KiB);
  });

  it("learns that the path became longer", () => {
    const flood = new Flood({ roundTripMs: 1, bytesPerMs: 10_000 });
    flood.run(5_000);
    flood.path = { roundTripMs: 80, bytesPerMs: 10_000 };
    flood.run(65_000);
    expect(flood.run(20_000)).toBeGreaterThan(0.85 * flood.path.bytesPerMs);
  });

  it("stays within its bounds whatever is acknowledged, and when", () => {
    const window = new FlightWindow(bounds);
    window.acknowledged(10, 0);
    expect(window.bytes).toBe(bounds.bytesMin);
    window.sent(1, 0, 5);
    window.acknowledged(1, 5);
    window.sent(2 ** 40, 1, 1_000);
    window.acknowledged(2 ** 40, 1_000);
    expect(window.bytes).toBe(bounds.bytesMax);
    window.sent(2 ** 40 + 1, 2 ** 40, 1_001);
    window.acknowledged(2 ** 40 + 1, 1_000);
    expect(window.bytes).toBe(bounds.bytesMin);
  });

  it("takes no measure from output that was left out", () => {
    const window = new FlightWindow(bounds);
    window.sent(100, 0, 1);
    window.forget();
    window.acknowledged(10_000_000, 2);
    expect(window.bytes).toBe(bounds.bytesMin);
  });
});
