import { describe, expect, it } from "vitest";
import { KeyRing } from "./key-ring.ts";

const breaker = { failures: 3, windowMs: 1_000, openMs: 500 };

describe("keys", () => {
  it("are picked in turn, and parked ones not before their time (I1)", () => {
    const ring = new KeyRing(3, breaker);
    ring.park(1, "credential", 100);
    expect(
      [ring.pick(0), ring.pick(0), ring.pick(0), ring.pick(100)].map(
        (pick) => pick.kind === "key" && pick.index,
      ),
    ).toEqual([0, 2, 0, 1]);
  });

  it("that are parked stay so, whatever comes of a request that left before (I1)", () => {
    const ring = new KeyRing(1, breaker);
    ring.park(0, "rate", 5_000);
    ring.succeeded(0);
    expect(ring.pick(10)).toEqual({ kind: "none", reason: "rate", untilMs: 5_000 });
    for (let failure = 0; failure < 3; failure += 1) ring.failed(0, 10);
    expect(ring.pick(600)).toEqual({ kind: "none", reason: "rate", untilMs: 5_000 });
  });

  it("that are all parked say when the first is back, and why", () => {
    const ring = new KeyRing(2, breaker);
    ring.park(0, "rate", 300);
    ring.park(1, "credential", 200);
    expect(ring.pick(0)).toEqual({ kind: "none", reason: "credential", untilMs: 200 });
  });

  it("break after failures in a row, and are tried with one request at a time (I2)", () => {
    const ring = new KeyRing(1, breaker);
    for (let failure = 0; failure < 3; failure += 1) ring.failed(0, failure);
    expect(ring.pick(10)).toEqual({ kind: "none", reason: "broken", untilMs: 502 });
    expect(ring.pick(502)).toEqual({ kind: "key", index: 0 });
    expect(ring.pick(502).kind).toBe("none");
    ring.failed(0, 600);
    expect(ring.pick(1_000).kind).toBe("none");
    expect(ring.pick(1_100).kind).toBe("key");
    ring.succeeded(0);
    expect([ring.pick(1_100).kind, ring.pick(1_100).kind]).toEqual(["key", "key"]);
  });

  it("that fail now and then do not break", () => {
    const ring = new KeyRing(1, breaker);
    for (let failure = 0; failure < 9; failure += 1) ring.failed(0, failure * 2_000);
    expect(ring.pick(20_000).kind).toBe("key");
  });

  it("whose trial ended without a word can be tried again", () => {
    const ring = new KeyRing(1, breaker);
    for (let failure = 0; failure < 3; failure += 1) ring.failed(0, 0);
    ring.pick(500);
    ring.released(0);
    expect(ring.pick(500).kind).toBe("key");
  });
});
