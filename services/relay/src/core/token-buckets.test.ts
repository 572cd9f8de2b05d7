import { describe, expect, it } from "vitest";
import { TokenBuckets } from "./token-buckets.ts";

const buckets = (keysMax = 10): TokenBuckets => new TokenBuckets({ perSecond: 20, burst: 60, keysMax });

describe("rates", () => {
  it("lets a burst through and then its rate, and says when to come back", () => {
    const rates = buckets();
    const burst = Array.from({ length: 61 }, () => rates.take("a", 1000));
    expect(burst.filter((waitMs) => waitMs === 0)).toHaveLength(60);
    expect(burst.at(-1)).toBe(50);
    expect(rates.take("a", 1050)).toBe(0);
    expect(rates.take("a", 1050)).toBe(50);
  });

  it("counts each key by itself", () => {
    const rates = buckets();
    for (let taken = 0; taken < 60; taken++) rates.take("a", 0);
    expect([rates.take("a", 0) > 0, rates.take("b", 0)]).toEqual([true, 0]);
  });

  it("forgets who is full again, and refuses a new key when there are too many", () => {
    const rates = buckets(2);
    rates.take("a", 0);
    rates.take("b", 0);
    expect(rates.take("c", 0)).toBeGreaterThan(0);
    rates.sweep(100);
    expect([rates.size, rates.take("c", 100)]).toEqual([0, 0]);
  });

  it("does not give tokens for time that goes back", () => {
    const rates = buckets();
    for (let taken = 0; taken < 60; taken++) rates.take("a", 1000);
    expect(rates.take("a", 500)).toBeGreaterThan(0);
    expect(rates.take("a", 1000)).toBeGreaterThan(0);
  });
});
