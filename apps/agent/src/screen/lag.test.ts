import { describe, expect, it } from "vitest";
import { Lag, lagBytesHigh, lagBytesLow } from "./lag.ts";

describe("lag", () => {
  it("is high from over the high mark until below the low one, and says so once", () => {
    const lag = new Lag();
    let drained = 0;
    lag.onDrain(() => {
      drained += 1;
    });
    lag.add(lagBytesHigh);
    expect(lag.isHigh).toBe(false);
    lag.add(1);
    expect(lag.isHigh).toBe(true);
    lag.remove(lagBytesHigh + 1 - lagBytesLow);
    expect([lag.isHigh, drained]).toEqual([true, 0]);
    lag.remove(1);
    expect([lag.isHigh, drained, lag.bytes]).toEqual([false, 1, lagBytesLow - 1]);
    lag.remove(lagBytesLow);
    expect([drained, lag.bytes]).toEqual([1, 0]);
  });
});
