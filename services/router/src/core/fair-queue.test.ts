import { expect, it } from "vitest";
import { FairQueue } from "./fair-queue.ts";

it("one who brings many delays nobody who brings one", () => {
  const queue = new FairQueue<string>({ ownerMax: 10, max: 100 });
  for (const item of ["a1", "a2", "a3"]) queue.push("a", item);
  queue.push("b", "b1");
  queue.push("c", "c1");
  const order = Array.from({ length: 6 }, () => queue.shift());
  expect(order).toEqual(["a1", "b1", "c1", "a2", "a3", undefined]);
});

it("is bounded for one and for all, and has room again", () => {
  const queue = new FairQueue<number>({ ownerMax: 2, max: 3 });
  expect([queue.push("a", 1), queue.push("a", 2), queue.push("a", 3)]).toEqual([true, true, false]);
  expect([queue.push("b", 4), queue.push("c", 5), queue.size]).toEqual([true, false, 3]);
  queue.shift();
  expect([queue.push("c", 5), queue.clear().sort(), queue.size]).toEqual([true, [2, 4, 5], 0]);
});
