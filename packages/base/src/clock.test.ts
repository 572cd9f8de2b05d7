import { describe, expect, it, vi } from "vitest";
import { systemClock } from "./clock.ts";

describe("the system's clock", () => {
  it("waits for longer than a timer can, and is cancelled in the middle of it", () => {
    vi.useFakeTimers();
    try {
      const dayMs = 24 * 3_600_000;
      const ran: string[] = [];
      systemClock.after(60 * dayMs, () => ran.push("after 60 days"));
      const cancel = systemClock.after(60 * dayMs, () => ran.push("cancelled"));
      vi.advanceTimersByTime(59 * dayMs);
      cancel();
      expect(ran).toEqual([]);
      vi.advanceTimersByTime(dayMs);
      expect(ran).toEqual(["after 60 days"]);
    } finally {
      vi.useRealTimers();
    }
  });
});
