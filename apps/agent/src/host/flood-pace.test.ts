import { FakeClock } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { FloodPace, restMs, Typing } from "./flood-pace.ts";

const KiB = 1024;

const setUp = () => {
  const clock = new FakeClock();
  const typing = new Typing();
  const pace = new FloodPace({ clock, typing, session: "flood", restMs: () => 0 });
  return { clock, typing, pace };
};

/** Reads as a terminal does that never runs dry, a piece each millisecond if it may; returns its bytes. */
const readFor = ({ clock, pace }: ReturnType<typeof setUp>, ms: number, eachMs: () => void): number => {
  let bytes = 0;
  for (let at = 0; at < ms; at += 1) {
    eachMs();
    const piece = pace.waitMs === 0 ? Math.min(8 * KiB, pace.allowedBytes) : 0;
    pace.took(piece);
    bytes += piece;
    clock.advance(1);
  }
  return bytes;
};

describe("a flood", () => {
  it("is read as fast as it prints while nobody types", () => {
    const at = setUp();
    expect(readFor(at, 1_000, () => {})).toBe(8_000 * KiB);
  });

  it("rests the longer the further its home is behind, up to a bound", () => {
    expect([0, 255, 256, 1_024, 2_048, 4_096].map((kib) => restMs(kib * KiB))).toEqual([0, 0, 1, 4, 8, 8]);
  });

  it("is read with 1 MiB a second while somebody types in another terminal, and freely again soon after", () => {
    const at = setUp();
    at.pace.took(10_000 * KiB);
    const slowed = readFor(at, 1_000, () => at.typing.noted("shell", at.clock.nowMs()));
    expect(slowed).toBeGreaterThan(900 * KiB);
    expect(slowed).toBeLessThanOrEqual(1_024 * KiB);
    at.clock.advance(250);
    expect(at.pace.allowedBytes).toBe(Number.POSITIVE_INFINITY);
  });

  it("is read in pieces while it is slowed", () => {
    const at = setUp();
    at.pace.took(10_000 * KiB);
    at.typing.noted("shell", at.clock.nowMs());
    expect(at.pace.waitMs).toBe(8);
    at.clock.advance(4);
    expect(at.pace.waitMs).toBe(4);
    at.clock.advance(4);
    expect(at.pace.waitMs).toBe(0);
    expect(at.pace.allowedBytes).toBe(8 * KiB);
  });

  it("is not slowed by what is typed into it, also when others typed before", () => {
    const at = setUp();
    at.pace.took(10_000 * KiB);
    at.typing.noted("shell", at.clock.nowMs());
    at.clock.advance(250);
    at.typing.noted("flood", at.clock.nowMs());
    expect(at.pace.allowedBytes).toBe(Number.POSITIVE_INFINITY);
  });

  it("is slowed when others type while somebody types into it", () => {
    const at = setUp();
    at.pace.took(10_000 * KiB);
    at.typing.noted("shell", at.clock.nowMs());
    at.typing.noted("flood", at.clock.nowMs());
    at.typing.noted("flood", at.clock.nowMs());
    expect(at.pace.allowedBytes).toBe(0);
  });
});

it("a screen that is drawn anew beside somebody who types is not slowed", () => {
  const at = setUp();
  at.typing.noted("shell", at.clock.nowMs());
  expect(at.pace.waitMs).toBe(0);
  expect(at.pace.allowedBytes).toBe(256 * KiB);
});
