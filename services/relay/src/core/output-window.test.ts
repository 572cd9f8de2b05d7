import { describe, expect, it } from "vitest";
import { OutputWindow } from "./output-window.ts";

const overhead = 10;
const open = (bytes: number, offset = 0): OutputWindow => {
  const window = new OutputWindow(bytes, overhead);
  window.reset(offset, { cols: 80, rows: 24 });
  return window;
};
const ranges = (window: OutputWindow, from: number): string[] =>
  [...window.entriesAfter(from)].map((entry) =>
    entry.geometry ? `${entry.geometry.cols}x${entry.geometry.rows}` : `${entry.from}-${entry.to}`,
  );

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

  it("copies what it is given, and what it gives", () => {
    const window = open(100_000);
    const read = new Uint8Array(20_000).fill(7);
    window.append(20, read.subarray(0, 20));
    window.append(20_020, read);
    window.append(20_040, read.subarray(0, 20));
    read.fill(9);
    const bytes = () => [...window.entriesAfter(0)].map(({ framed }) => framed);
    const given = bytes();
    expect(given.map((framed) => [framed.length, framed.every((byte) => byte === 7)])).toEqual([
      [20, true],
      [20_000, true],
      [20, true],
    ]);
    for (const framed of given) framed.fill(1);
    expect(bytes().every((framed) => framed.every((byte) => byte === 7))).toBe(true);
  });
});
