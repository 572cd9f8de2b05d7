import { describe, expect, it } from "vitest";
import { periodEndMs, periodStart, reachedPercent } from "./budget-periods.ts";

describe("budget periods", () => {
  it.each([
    ["day", "2026-02-28T23:59:59.999Z", "2026-02-28", "2026-03-01T00:00:00.000Z"],
    ["month", "2026-02-28T23:59:59.999Z", "2026-02-01", "2026-03-01T00:00:00.000Z"],
    ["month", "2026-12-01T00:00:00.000Z", "2026-12-01", "2027-01-01T00:00:00.000Z"],
  ] as const)("a %s at %s counts from %s to %s", (period, now, start, end) => {
    const nowMs = Date.parse(now);
    expect(periodStart(period, nowMs)).toBe(start);
    expect(new Date(periodEndMs(period, nowMs) ?? 0).toISOString()).toBe(end);
  });

  it("a total never starts again", () => {
    expect([periodStart("total", 0), periodEndMs("total", 0)]).toEqual(["1970-01-01", undefined]);
  });

  it.each([
    [0, 100, 0],
    [79, 100, 0],
    [80, 100, 80],
    [94, 100, 80],
    [95, 100, 95],
    [100, 100, 100],
    [900, 100, 100],
    [0, 0, 100],
  ])("%i spent of %i has reached %i percent", (spent, limit, percent) => {
    expect(reachedPercent(spent, limit)).toBe(percent);
  });
});
