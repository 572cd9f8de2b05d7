import { setFlagsFromString } from "node:v8";
import { FakeClock } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { keepMemory, type MemoryRelease } from "./memory-keeper.ts";
import { openProcessMemory } from "./process-memory.ts";

const mebibyte = 1 << 20;

const keeperWith = () => {
  const clock = new FakeClock(0);
  const releases: MemoryRelease[] = [];
  const told: string[] = [];
  const state = { running: 0, come: 0, residentBytes: 100 * mebibyte };
  const memory = {
    residentBytes: () => state.residentBytes,
    collect: () => {
      told.push("collected");
      state.residentBytes = 105 * mebibyte;
    },
  };
  const stop = keepMemory({
    clock,
    memory,
    requests: () => state,
    released: (release) => releases.push(release),
    shapes: { look: () => {}, forget: () => told.push("forgotten") },
  });
  return { clock, releases, state, stop, told };
};

describe("the memory of a service", () => {
  it("is given back once nothing has run for 25 seconds", () => {
    const { clock, releases, state } = keeperWith();
    state.running = 3;
    state.residentBytes = 300 * mebibyte;
    clock.advance(60_000);
    expect(releases).toEqual([]);
    state.running = 0;
    clock.advance(24_000);
    expect(releases).toEqual([]);
    clock.advance(2_000);
    expect(releases).toMatchObject([{ beforeBytes: 300 * mebibyte, afterBytes: 105 * mebibyte }]);
    clock.advance(60_000);
    expect(releases).toHaveLength(1);
  });

  it("is collected while what was kept of the latest requests is there, which is let go at each rest", () => {
    const { clock, state, told } = keeperWith();
    state.come = 1;
    clock.advance(60_000);
    expect(told).toEqual([]);
    clock.advance(1_000);
    expect(told).toEqual(["forgotten"]);
    state.residentBytes = 300 * mebibyte;
    clock.advance(25_000);
    expect(told).toEqual(["forgotten", "collected", "forgotten"]);
  });

  it.each([
    [150, undefined],
    [151, 61],
    [180, 61],
    [181, 26],
  ])("of %i MiB, where 100 were idle, is collected after so many seconds of rest: %s", (mib, second) => {
    const { clock, releases, state } = keeperWith();
    // The rest begins with the look that sees the last request.
    state.come = 1;
    state.residentBytes = mib * mebibyte;
    const collectedAt: number[] = [];
    for (let at = 1; at <= 180; at += 1) {
      const before = releases.length;
      clock.advance(1_000);
      if (releases.length > before) collectedAt.push(at);
    }
    expect(collectedAt).toEqual(second === undefined ? [] : [second]);
  });

  it("is left alone while a request runs, and while little has come", () => {
    const { clock, releases, state } = keeperWith();
    state.residentBytes = 149 * mebibyte;
    clock.advance(60_000);
    state.residentBytes = 300 * mebibyte;
    for (let second = 0; second < 60; second += 1) {
      state.running = second % 5 === 0 ? 1 : 0;
      clock.advance(1_000);
    }
    expect(releases).toEqual([]);
  });

  it("is left alone while requests come that are over before anybody looks", () => {
    const { clock, releases, state } = keeperWith();
    state.residentBytes = 300 * mebibyte;
    for (let second = 0; second < 60; second += 1) {
      state.come += second % 5 === 0 ? 1 : 0;
      clock.advance(1_000);
    }
    expect(releases).toEqual([]);
    clock.advance(26_000);
    expect(releases).toHaveLength(1);
  });

  it("is not looked at after the end", () => {
    const { clock, releases, state, stop } = keeperWith();
    stop();
    state.residentBytes = 300 * mebibyte;
    clock.advance(60_000);
    expect(releases).toEqual([]);
  });

  it.each([
    [6_999, true],
    [7_000, false],
  ])(
    "at %i ms of a process's age: whether the flag is set that would end it once its reducer has begun",
    (age, isSet) => {
      const flags: string[] = [];
      const setFlag = (flag: string): void => {
        flags.push(flag);
        if (flag === "--expose-gc") setFlagsFromString(flag);
      };
      openProcessMemory(process.memoryUsage, { setFlag, ageMs: () => age });
      expect(flags.includes("--memory-reducer-gc-count=0")).toBe(isSet);
    },
  );

  it("shrinks in a real process", () => {
    const memory = openProcessMemory(process.memoryUsage);
    const isHeld = { garbage: Array.from({ length: 40 }, () => new Array(1 << 18).fill(0.5)) };
    const before = memory.residentBytes();
    isHeld.garbage = [];
    memory.collect();
    expect(before - memory.residentBytes()).toBeGreaterThan(40 * mebibyte);
  });
});
