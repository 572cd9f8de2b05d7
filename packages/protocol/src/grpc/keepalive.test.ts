import type { Http2Session } from "node:http2";
import { describe, expect, it } from "vitest";
import { Keepalive } from "./keepalive.ts";

const options = { intervalMs: 8_000, timeoutMs: 8_000, sweepMs: 1_000 };

const watch = (): { look: (nowMs: number, bytesRead: number) => boolean; pings: () => number } => {
  let bytes = 0;
  let pings = 0;
  const session = {
    destroyed: false,
    ping: () => {
      pings += 1;
      return true;
    },
  };
  const keepalive = new Keepalive(session as unknown as Http2Session, () => bytes, options, 0);
  return {
    look: (nowMs, bytesRead) => {
      bytes = bytesRead;
      return keepalive.isAlive(nowMs);
    },
    pings: () => pings,
  };
};

describe("Keepalive", () => {
  it("pings after 8 s of silence and gives up 8 s later", () => {
    const { look, pings } = watch();
    const seen: string[] = [];
    for (let second = 1; second <= 20; second += 1) {
      const isAlive = look(second * 1_000, 100);
      if (pings() === 1 && seen.length === 0) seen.push(`ping at ${second}`);
      if (!isAlive) {
        seen.push(`gone at ${second}`);
        break;
      }
    }
    expect(seen).toEqual(["ping at 9", "gone at 17"]);
  });

  it("does not ping who sends, and one byte after the ping is enough", () => {
    const { look, pings } = watch();
    for (let second = 1; second <= 60; second += 1) look(second * 1_000, second);
    expect(pings()).toBe(0);
    for (let second = 61; second <= 75; second += 1) look(second * 1_000, 60);
    expect(pings()).toBe(1);
    expect(look(76_000, 61)).toBe(true);
    for (let second = 77; second <= 83; second += 1) expect(look(second * 1_000, 61)).toBe(true);
  });

  it("does not count what this process slept through", () => {
    const { look, pings } = watch();
    for (let second = 1; second <= 10; second += 1) look(second * 1_000, 5);
    expect(pings()).toBe(1);
    // Stopped for 40 s with the answer unread: the next look still leaves time to read it.
    expect(look(50_000, 5)).toBe(true);
    expect(look(51_000, 22)).toBe(true);
  });
});
