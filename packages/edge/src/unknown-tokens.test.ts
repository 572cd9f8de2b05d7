import { FakeClock } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { edgeLimits } from "./limits.ts";
import { UnknownTokens } from "./unknown-tokens.ts";

const { unknownTokensBurst: burst } = edgeLimits;
const drain = (limit: UnknownTokens, peer: string): number => {
  let taken = 0;
  while (limit.take(peer).kind === "taken") taken += 1;
  return taken;
};

describe("unknown tokens of one address", () => {
  it("are asked about up to the burst, then one a second, and the refusal says when", () => {
    const clock = new FakeClock();
    const limit = new UnknownTokens(clock);
    expect(drain(limit, "192.0.2.1")).toBe(burst);
    expect(limit.take("192.0.2.1")).toEqual({ kind: "refused", retryAfterMs: 1_000 });
    clock.advance(250);
    expect(limit.take("192.0.2.1")).toEqual({ kind: "refused", retryAfterMs: 750 });
    clock.advance(9_750);
    expect(drain(limit, "192.0.2.1")).toBe(10);
    clock.advance(24 * 3_600_000);
    expect(drain(limit, "192.0.2.1")).toBe(burst);
  });

  it("do not count against another address", () => {
    const limit = new UnknownTokens(new FakeClock());
    drain(limit, "192.0.2.1");
    expect(limit.take("192.0.2.2").kind).toBe("taken");
  });

  it("count together from one /64 of IPv6", () => {
    const limit = new UnknownTokens(new FakeClock());
    drain(limit, "2001:db8:1:2::1");
    expect(limit.take("2001:db8:1:2::2").kind).toBe("refused");
  });

  it("do not count when they prove to be known", () => {
    const limit = new UnknownTokens(new FakeClock());
    for (let round = 0; round < 5 * burst; round += 1) {
      const turn = limit.take("192.0.2.1");
      expect(turn.kind).toBe("taken");
      if (turn.kind === "taken") turn.giveBack();
    }
  });

  it("are counted for a bounded number of addresses: the one that asked longest ago is forgotten", () => {
    const limit = new UnknownTokens(new FakeClock(), 2);
    for (const peer of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) drain(limit, peer);
    expect(limit.addresses).toBe(2);
    expect(limit.take("192.0.2.3").kind).toBe("refused");
    expect(limit.take("192.0.2.1").kind).toBe("taken");
  });
});
