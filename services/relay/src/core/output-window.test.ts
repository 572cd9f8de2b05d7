import { describe, expect, it } from "vitest";
import { OutputWindow } from "./output-window.ts";

const overhead = 10;
const open = (bytes: number, offset = 0): OutputWindow => {
  const window = new OutputWindow(bytes, overhead);
  window.reset(offset, { cols: 80, rows: 24 });
  return window;
};
const ranges = (window: OutputWindow, from: number): string[] => {
  const found: string[] = [];
  for (let index = window.seek(from); ; index++) {
    const entry = window.entry(index);
    if (!entry) return found;
    found.push(
      entry.geometry ? `${entry.geometry.cols}x${entry.geometry.rows}` : `${entry.from}-${entry.to}`,
    );
  }
};

describe("the output window", () => {
  it("is contiguous and drops the oldest at its bound, with the cost of each chunk counted", () => {
    const window = open(100);
    for (let to = 20; to <= 200; to += 20) window.append(to, new Uint8Array(20));
    expect({ start: window.start, end: window.end, bytes: window.bytes }).toEqual({
      start: 140,
      end: 200,
      bytes: 90,
    });
    expect(ranges(window, 140)).toEqual(["140-160", "160-180", "180-200"]);
  });

  it("holds no more single bytes than their overhead allows", () => {
    const window = open(1100);
    for (let to = 1; to <= 5000; to++) window.append(to, new Uint8Array(1));
    expect(window.end - window.start).toBe(100);
    expect(window.bytes).toBe(1100);
  });

  it("drops a chunk that is larger than itself, and goes on", () => {
    const window = open(100);
    window.append(500, new Uint8Array(500));
    expect({ start: window.start, end: window.end, bytes: window.bytes }).toEqual({
      start: 500,
      end: 500,
      bytes: 0,
    });
    window.append(510, new Uint8Array(10));
    expect(ranges(window, 500)).toEqual(["500-510"]);
  });

  it.each([
    [0, ["0-10", "100x30", "10-20"]],
    [5, ["0-10", "100x30", "10-20"]],
    [10, ["10-20"]],
    [19, ["10-20"]],
    [20, []],
  ])("finds what comes after offset %i; sizes at the offset itself are told apart", (offset, expected) => {
    const window = open(1000);
    window.append(10, new Uint8Array(10));
    window.appendResize({ cols: 100, rows: 30 }, new Uint8Array(4));
    window.append(20, new Uint8Array(10));
    expect(ranges(window, offset)).toEqual(expected);
  });

  it("knows the size at every offset that it holds, dropped resizes included", () => {
    const window = open(60);
    window.append(10, new Uint8Array(10));
    window.appendResize({ cols: 100, rows: 30 }, new Uint8Array(4));
    window.append(20, new Uint8Array(10));
    window.appendResize({ cols: 120, rows: 40 }, new Uint8Array(4));
    window.append(30, new Uint8Array(10));
    expect(window.start).toBe(10);
    expect([10, 19, 20, 30].map((offset) => window.geometryAt(offset)?.cols)).toEqual([100, 100, 120, 120]);
  });

  it("forgets the size with a reset until a screen says it", () => {
    const window = open(1000);
    window.reset(50, undefined);
    expect(window.geometryAt(50)).toBeUndefined();
    window.learnGeometry(40, { cols: 1, rows: 1 });
    expect(window.geometryAt(50)).toBeUndefined();
    window.learnGeometry(50, { cols: 90, rows: 20 });
    expect([window.geometryAt(50), window.geometry]).toEqual([
      { cols: 90, rows: 20 },
      { cols: 90, rows: 20 },
    ]);
  });

  it("does not keep a large read alive for a small chunk", () => {
    const window = open(100_000);
    for (let to = 20; to <= 2000; to += 20) window.append(to, new Uint8Array(65_536).subarray(7, 27));
    const buffers = new Set<ArrayBufferLike>();
    for (let index = window.seek(0); window.entry(index); index++) {
      const framed = window.entry(index)?.framed;
      if (framed) buffers.add(framed.buffer);
    }
    const held = [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
    expect(held).toBeLessThanOrEqual(8192);
  });

  it("copies what it keeps of a shared read, and keeps as it stands what owns its bytes", () => {
    const window = open(100_000);
    const shared = new Uint8Array(65_536).fill(7);
    window.append(20, shared.subarray(0, 20));
    window.append(5020, shared.subarray(0, 5000));
    shared.fill(9);
    window.append(5040, shared.subarray(0, 20));
    shared.fill(0);
    const own = new Uint8Array(3000);
    window.append(8040, own);
    const kept = [0, 20, 5040, 5020].map((offset) => window.entry(window.seek(offset))?.framed);
    expect(kept.map((framed) => framed?.at(-1))).toEqual([7, 7, 0, 9]);
    expect(kept[2]).toBe(own);
  });
});
