import { FakeClock } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { repeat } from "./repeat.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const started = (pass: (signal: AbortSignal) => Promise<void>) => {
  const clock = new FakeClock(0);
  const failures: unknown[] = [];
  const repeated = repeat({
    clock,
    everyMs: 1_000,
    firstMs: 10,
    afterFailureMs: 5_000,
    pass,
    failed: (cause) => failures.push(cause),
  });
  const after = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settled();
  };
  return { repeated, failures, after };
};

describe("what is repeated", () => {
  it("comes again some time after its end, and later after a failure, which is told", async () => {
    const failure = new Error("once");
    let passes = 0;
    const { repeated, failures, after } = started(async () => {
      passes += 1;
      if (passes === 2) throw failure;
    });
    const seen: number[] = [];
    for (const ms of [9, 1, 999, 1, 4_999, 1]) {
      await after(ms);
      seen.push(passes);
    }
    expect([seen, failures]).toEqual([[0, 1, 1, 2, 2, 3], [failure]]);
    await repeated.close();
  });

  it("is never under way twice, whoever asks for a pass", async () => {
    const ends: (() => void)[] = [];
    const { repeated, after } = started(() => new Promise((resolve) => ends.push(resolve)));
    await after(10);
    const mine = repeated.run();
    await settled();
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await settled();
    expect(ends).toHaveLength(2);
    ends[1]?.();
    await mine;
    await repeated.close();
  });

  it("ends with the pass that is under way, which is told, and begins none after it", async () => {
    let passes = 0;
    const { repeated, after } = started(async (signal) => {
      passes += 1;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    await after(10);
    await repeated.close();
    await after(60_000);
    expect(passes).toBe(1);
  });

  it("gives a pass's failure to who asked for it, and goes on", async () => {
    const { repeated, failures } = started(async () => {
      throw new Error("mine");
    });
    await expect(repeated.run()).rejects.toThrow("mine");
    expect(failures).toEqual([]);
    await repeated.close();
  });

  it("has one pass under way and one that waits, however often it is woken", async () => {
    const ends: (() => void)[] = [];
    const { repeated } = started(() => new Promise((resolve) => ends.push(resolve)));
    const first = repeated.wake();
    await settled();
    const others = Array.from({ length: 50 }, () => repeated.wake());
    ends[0]?.();
    await first;
    await settled();
    expect(ends).toHaveLength(2);
    ends[1]?.();
    await Promise.all(others);
    expect(ends).toHaveLength(2);
    await repeated.close();
  });

  it("tells the failure of a pass that it was woken for, and begins none when it is closed meanwhile", async () => {
    const failure = new Error("woken");
    const ends: ((cause: Error) => void)[] = [];
    const { repeated, failures } = started(() => new Promise((_resolve, reject) => ends.push(reject)));
    const first = repeated.wake();
    await settled();
    const second = repeated.wake();
    const closed = repeated.close();
    ends[0]?.(failure);
    await Promise.all([first, second, closed, repeated.wake()]);
    expect([ends.length, failures]).toEqual([1, [failure]]);
  });
});
