import { describe, expect, it } from "vitest";
import { narrowLimits, widerLimit, widerScope } from "./narrower.ts";

describe("what a key is made of", () => {
  it.each([
    ["*", "*", undefined],
    ["*", ["a"], "*"],
    [["a"], "*", undefined],
    [["a"], ["a", "b"], undefined],
    [["a", "c"], ["a", "b"], "c"],
    [["a"], [], "a"],
  ] as const)("scopes %j within %j: too wide is %j", (wanted, within, wider) => {
    expect(widerScope(wanted, within)).toBe(wider);
  });

  it.each([
    [{}, {}, undefined],
    [{}, { requestsPerMinute: 10 }, "requestsPerMinute"],
    [{ requestsPerMinute: 10 }, { requestsPerMinute: 10 }, undefined],
    [{ requestsPerMinute: 11 }, { requestsPerMinute: 10 }, "requestsPerMinute"],
    [{ concurrent: 0 }, {}, undefined],
    [{}, { concurrent: 0 }, "concurrent"],
    [{ tokensPerMinute: 5 }, { concurrent: 1 }, "concurrent"],
    [{ requestBytes: 1_001 }, { requestBytes: 1_000 }, "requestBytes"],
    [{}, { requestBytes: 1_000 }, "requestBytes"],
    [{}, { models: ["a"] }, "models"],
    [{ models: [] }, { models: ["a"] }, undefined],
    [{ models: ["a", "b"] }, { models: ["a"] }, "models"],
  ] as const)("limits %j within %j: too wide is %j", (wanted, within, wider) => {
    expect(widerLimit(wanted, within)).toBe(wider);
  });

  it("takes over the limits that are not named", () => {
    const within = { models: ["a"], requestsPerMinute: 10, concurrent: 0 };
    const narrowed = narrowLimits({ requestsPerMinute: 5 }, within);
    expect(narrowed).toEqual({ models: ["a"], requestsPerMinute: 5, concurrent: 0 });
    expect(widerLimit(narrowed, within)).toBeUndefined();
  });
});
