import { describe, expect, it } from "vitest";
import { FakeClock } from "./fake-clock.ts";

describe("FakeClock", () => {
  it("runs tasks in the order of their times, also those added meanwhile, and not the cancelled", () => {
    const clock = new FakeClock();
    const ran: string[] = [];
    clock.after(20, () => ran.push(`late at ${clock.nowMs()}`));
    clock.after(10, () => {
      ran.push(`first at ${clock.nowMs()}`);
      clock.after(5, () => ran.push(`nested at ${clock.nowMs()}`));
    });
    const cancel = clock.after(12, () => ran.push("cancelled"));
    cancel();
    clock.after(31, () => ran.push("beyond"));
    clock.advance(30);
    expect({ ran, now: clock.nowMs(), pending: clock.pending }).toEqual({
      ran: ["first at 10", "nested at 15", "late at 20"],
      now: 30,
      pending: 1,
    });
  });

  it("moves both clocks together and the wall clock alone on a jump", () => {
    const clock = new FakeClock(1_000);
    clock.advance(5);
    clock.jumpWall(-500);
    expect({ now: clock.nowMs(), wall: clock.wallMs() }).toEqual({ now: 5, wall: 505 });
  });
});
