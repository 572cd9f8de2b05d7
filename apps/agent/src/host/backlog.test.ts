import { describe, expect, it } from "vitest";
import { Backlog } from "./backlog.ts";

const entry = (offset: number, outputBytes: number) => ({
  offset,
  outputBytes,
  framed: new Uint8Array(outputBytes),
});

describe("the backlog", () => {
  it("drops the oldest beyond its bound, never the newest, and never renumbers", () => {
    const backlog = new Backlog(1_000);
    for (let at = 0; at < 5_000; at += 1) backlog.push(entry(at * 30, 30));
    expect([backlog.first, backlog.next]).toEqual([4_997, 5_000]);
    expect(backlog.at(4_999)?.offset).toBe(4_999 * 30);
    expect(backlog.at(4_996)).toBeUndefined();
    backlog.push(entry(150_000, 500));
    expect([backlog.first, backlog.next]).toEqual([5_000, 5_001]);
  });

  it("holds no more single bytes than their objects allow, and keeps no buffer for the few bytes in it", () => {
    const backlog = new Backlog(50_000);
    const buffers = new Set<ArrayBufferLike>();
    for (let at = 0; at < 500; at += 1) {
      const read = new Uint8Array(64 * 1024);
      buffers.add(read.buffer);
      backlog.push({ offset: at, outputBytes: 1, framed: read.subarray(0, 1) });
    }
    expect(backlog.next - backlog.first).toBe(194);
    expect(buffers.has(backlog.at(499)?.framed.buffer ?? new ArrayBuffer())).toBe(false);
  });

  it("releases what every home has sent but for what a snapshot may need", () => {
    const backlog = new Backlog(10_000);
    for (let at = 0; at < 10; at += 1) backlog.push(entry(at * 10, 10));
    backlog.release(8, 5 * 266);
    expect(backlog.first).toBe(5);
    backlog.release(8, 0);
    expect(backlog.first).toBe(8);
    backlog.release(50, 0);
    expect(backlog.first).toBe(9);
  });

  it("finds where output continues after an offset", () => {
    const backlog = new Backlog(10_000);
    backlog.push(entry(0, 10));
    backlog.push(entry(10, 0));
    backlog.push(entry(10, 10));
    backlog.push(entry(20, 0));
    const found = [0, 5, 9, 10, 11, 19, 20, 21].map((offset) => backlog.find(offset));
    expect(found).toEqual([0, 0, 0, 1, 2, 2, 3, 4]);
  });
});
