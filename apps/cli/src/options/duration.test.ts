import { describe, expect, it } from "vitest";
import { parseDuration, toDurationText } from "./duration.ts";

describe("durations", () => {
  it.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1m30s", 90_000],
    ["1.5h", 5_400_000],
    ["7d", 604_800_000],
    ["0s", 0],
  ])("reads %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", "30", "s", "-5s", "5 s", "5s!", "1y", "1e3s", "99d"])("refuses %j", (text) => {
    expect(() => parseDuration(text)).toThrow(/must be/);
  });

  it("guesses what a bare number meant", () => {
    expect(() => parseDuration("30", "--timeout")).toThrow(
      "--timeout must be like 500ms, 30s, 1h30m or 7d. Did you mean 30s?",
    );
  });

  it.each([
    [0, "0 s"],
    [14_400, "14 s"],
    [89_000, "89 s"],
    [180_000, "3 min"],
    [7_200_000, "2 h"],
    [432_000_000, "5 d"],
  ])("writes %d ms", (ms, text) => {
    expect(toDurationText(ms)).toBe(text);
  });
});
