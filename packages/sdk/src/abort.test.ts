import { getEventListeners } from "node:events";
import { FakeClock } from "@cmdop/testkit";
import { describe, expect, it } from "vitest";
import { pause, within } from "./abort.ts";

const never = new Promise<never>(() => {});

describe("waiting with a signal and a clock", () => {
  it.each([
    [
      "came",
      async (clock: FakeClock, signal: AbortSignal) =>
        within(Promise.resolve(1), { timeoutMs: 9, clock, signal }),
    ],
    [
      "failed",
      async (clock: FakeClock, signal: AbortSignal) =>
        within(Promise.reject(new Error("no")), { timeoutMs: 9, clock, signal }).catch(() => {}),
    ],
    [
      "took too long",
      async (clock: FakeClock, signal: AbortSignal) => {
        const late = expect(within(never, { timeoutMs: 9, clock, signal })).rejects.toMatchObject({
          code: "timed_out",
        });
        clock.advance(9);
        await late;
      },
    ],
    [
      "was a pause",
      async (clock: FakeClock, signal: AbortSignal) => {
        const paused = pause(clock, 9, signal);
        clock.advance(9);
        await paused;
      },
    ],
  ])(
    "leaves nothing on a signal that lives on, and no timer, when what was awaited %s",
    async (_how, wait) => {
      const clock = new FakeClock();
      const { signal } = new AbortController();
      await wait(clock, signal);
      expect([getEventListeners(signal, "abort"), clock.pending]).toEqual([[], 0]);
    },
  );

  it("ends with the signal's own reason, and leaves no timer", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const reason = new Error("enough");
    const waiting = [
      within(never, { timeoutMs: 9, clock, signal: controller.signal }),
      pause(clock, 9, controller.signal),
    ].map((promise) => expect(promise).rejects.toBe(reason));
    controller.abort(reason);
    await Promise.all(waiting);
    expect(clock.pending).toBe(0);
  });
});
