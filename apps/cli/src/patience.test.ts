import { Failure } from "@cmdop/base";
import type { AttachmentEvent } from "@cmdop/sdk";
import { FakeClock } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { Patience } from "./patience.ts";

const reconnecting: AttachmentEvent = {
  type: "reconnecting",
  attempt: 1,
  waitedMs: 0,
  nextTryMs: 50,
  cause: new Failure("connection_lost"),
};

describe("patience with a lost connection", () => {
  it("is over after the time, whatever is missing", () => {
    const clock = new FakeClock();
    const patience = new Patience(1_000, clock);
    patience.watch(reconnecting);
    clock.advance(600);
    patience.watch({ type: "route", state: "waiting" });
    patience.watch({ type: "reconnected", waitedMs: 600, relay: "r" });
    clock.advance(399);
    expect(patience.signal.aborted).toBe(false);
    clock.advance(1);
    expect(patience.signal.aborted).toBe(true);
    expect(patience.reason).toBe("tooLong");
  });

  it("begins anew after the way was back", () => {
    const clock = new FakeClock();
    const patience = new Patience(1_000, clock);
    patience.watch(reconnecting);
    clock.advance(900);
    patience.watch({ type: "reconnected", waitedMs: 900, relay: "r" });
    clock.advance(5_000);
    expect(patience.signal.aborted).toBe(false);
  });
});
