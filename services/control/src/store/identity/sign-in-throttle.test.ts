import { FakeClock } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ControlFixture } from "../../testing/control-fixture.ts";

const clock = new FakeClock(Date.now());
let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await ControlFixture.open({ clock });
}, 60_000);
afterAll(() => fixture.close());

/** "entered", or how many seconds one has to wait. */
const tried = async (account: string, ip: string): Promise<"entered" | number> => {
  try {
    await fixture.control.services.signInThrottle.enter({ account, ip });
    return "entered";
  } catch (error) {
    const { code, retryAfterMs } = error as { code: string; retryAfterMs: number };
    expect(code).toBe("rate_limited");
    return retryAfterMs / 1_000;
  }
};

const entered = async (tries: readonly (readonly [account: string, ip: string])[]): Promise<number> => {
  let count = 0;
  for (const [account, ip] of tries) if ((await tried(account, ip)) === "entered") count += 1;
  return count;
};

const times = <Value>(count: number, of: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => of(index));

describe("tries of a sign-in", () => {
  it("of one account from one address are five, then one after 15 s, 30 s, a minute; another address is not slowed", async () => {
    expect(await entered(times(6, () => ["ada", "192.0.2.1"]))).toBe(5);
    expect(await tried("ada", "192.0.2.1")).toBe(15);
    expect(await tried("ada", "192.0.2.2")).toBe("entered");
    for (const waitS of [15, 30, 60]) {
      clock.advance(waitS * 1_000 - 1);
      expect(await tried("ada", "192.0.2.1")).toBe(0.001);
      clock.advance(1);
      expect(await tried("ada", "192.0.2.1")).toBe("entered");
    }
  });

  it("of one account from anywhere are thirty, whatever the address", async () => {
    expect(await entered(times(31, (index) => ["ben", `198.51.100.${index}`]))).toBe(30);
    expect(await tried("ben", "203.0.113.9")).toBe(15);
    expect(await tried("cleo", "203.0.113.9")).toBe("entered");
  });

  it("from one address are fifty, whatever the account", async () => {
    expect(await entered(times(51, (index) => [`account-${index}`, "203.0.113.77"]))).toBe(50);
    expect(await tried("nobody-yet", "203.0.113.77")).toBe(15);
    expect(await tried("nobody-yet", "203.0.113.78")).toBe("entered");
  });

  it("from one /64 of IPv6 count as from one address: whoever has one of it has all", async () => {
    expect(await entered(times(6, (index) => ["dora", `2001:db8:1:2::${index + 1}`]))).toBe(5);
    expect(await tried("dora", "2001:db8:1:2:ffff::9")).toBe(15);
    expect(await tried("dora", "2001:db8:1:3::1")).toBe("entered");
  });

  it("are forgotten after an hour without one", async () => {
    clock.advance(3_600_000);
    expect(await entered(times(5, () => ["ben", "203.0.113.77"]))).toBe(5);
  });
});
