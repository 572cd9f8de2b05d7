import { expect, it } from "vitest";
import { Backoff } from "./backoff.ts";

const at = (fraction: number) => ({
  fraction: () => fraction,
  bytes: (count: number) => new Uint8Array(count),
});

it("a wait doubles up to its limit, lies in its upper half, and begins anew after a success", () => {
  const policy = { firstMs: 50, maxMs: 300 };
  const [short, long] = [new Backoff(policy, at(0)), new Backoff(policy, at(1))];
  const waits = Array.from({ length: 5 }, () => [short.nextMs(), long.nextMs()]);
  expect(waits).toEqual([
    [25, 50],
    [50, 100],
    [100, 200],
    [150, 300],
    [150, 300],
  ]);
  long.reset();
  expect([long.attempt, long.nextMs()]).toEqual([0, 50]);
});

it("a wait stays at its limit after any number of attempts", () => {
  const backoff = new Backoff({ firstMs: 50, maxMs: 10_000 }, at(1));
  for (let attempt = 0; attempt < 2_000; attempt += 1) backoff.nextMs();
  expect(backoff.nextMs()).toBe(10_000);
});
